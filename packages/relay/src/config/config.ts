/**
 * The configuration of the command, from four places, the earlier ones first: flags, the environment, a JSON file that
 * `--config` (or `SYNCLINE_CONFIG`) names, and the table of settings itself. Every value keeps the name of the place it
 * came from, so that a bad one is reported where it stands, and so that `--print-config` can say why something holds.
 *
 * ```
 * --port 80           SYNCLINE_PORT=80                     { "port": 80 }
 * --limit tickMs=500  SYNCLINE_LIMIT_TICK_MS=500           { "limits": { "tickMs": 500 } }
 * ```
 *
 * A flag or a key that is not known is an error. So is an unknown `SYNCLINE_LIMIT_…`; other variables of the
 * environment are nobody's business here.
 */
import { statSync } from 'node:fs'
import { defaultLimits, type RelayLimits } from '../limits.ts'
import { ConfigError } from '../errors.ts'
import { flagOf, variableOf, type Setting } from './setting.ts'
import { settings, type Settings } from './settings.ts'

export interface RelayConfig extends Settings {
  /** Those that were set; the others are `defaultLimits`. */
  readonly limits: Partial<RelayLimits>
  /** Where each value comes from: `--port`, `SYNCLINE_PORT`, `port in FILE`, or `default`. Limits as `limits.tickMs`. */
  readonly places: ReadonlyMap<string, string>
}

/** What the flags say: as they were given, without a look at their values. */
export interface Flags {
  /** By the name of the setting. */
  readonly values: ReadonlyMap<string, string | boolean>
  /** What was given with `--limit`, in order: `NAME=VALUE`. */
  readonly limits: readonly string[]
}

/** A configuration file, parsed. */
export interface ConfigFile {
  readonly path: string
  readonly content: unknown
}

export type Environment = Readonly<Record<string, string | undefined>>

/** A value as it was given, and where. `rank`: the lower wins. */
interface Given {
  readonly value: unknown
  readonly place: string
  readonly rank: number
}

const VARIABLE_PREFIX = 'SYNCLINE_'
const LIMIT_PREFIX = `${VARIABLE_PREFIX}LIMIT_`
const FLAG_RANK = 0
const VARIABLE_RANK = 1
const FILE_RANK = 2

/** Puts the places together and checks everything. Throws {@link ConfigError} for the first thing that is wrong. */
export function readConfig(flags: Flags, environment: Environment, file: ConfigFile | undefined): RelayConfig {
  const keys = fileKeys(file)
  const places = new Map<string, string>()
  const ranks = new Map<string, number>()
  const read = <Name extends keyof Settings>(name: Name): Settings[Name] => {
    const setting = settings[name]
    const given = givenSetting(name, setting, flags, environment, file, keys)
    places.set(name, given?.place ?? 'default')
    if (given === undefined) return setting.fallback
    ranks.set(name, given.rank)
    const value = setting.parse(given.value)
    if (value === undefined) throw invalid(given, setting.expected, setting.secret === true)
    return value
  }
  const config = Object.fromEntries(settingNames.map((name) => [name, read(name)])) as unknown as Settings
  const limits = readLimits(flags, environment, file, keys, places)
  assertDirectory(config, places)
  return { ...config, memory: keptInMemory(config, ranks, places), limits, places }
}

/** Of the log on disk and the log in memory, the one that was asked for in the place that counts more. */
function keptInMemory(
  { memory }: Settings,
  ranks: ReadonlyMap<string, number>,
  places: RelayConfig['places'],
): boolean {
  const dataRank = ranks.get('data')
  if (!memory || dataRank === undefined) return memory
  const memoryRank = ranks.get('memory')!
  if (memoryRank === dataRank) {
    throw new ConfigError(`${places.get('memory')} and ${places.get('data')} exclude each other`)
  }
  return memoryRank < dataRank
}

function assertDirectory({ demo }: Settings, places: RelayConfig['places']): void {
  if (demo === undefined || statSync(demo, { throwIfNoEntry: false })?.isDirectory() === true) return
  throw new ConfigError(`${places.get('demo')}: ${demo} is not a directory`)
}

function givenSetting(
  name: string,
  setting: Pick<Setting<unknown>, 'secret'>,
  flags: Flags,
  environment: Environment,
  file: ConfigFile | undefined,
  keys: Readonly<Record<string, unknown>>,
): Given | undefined {
  const flag = setting.secret === true ? undefined : flags.values.get(name)
  if (flag !== undefined) return { value: flag, place: `--${flagOf(name)}`, rank: FLAG_RANK }
  const variable = `${VARIABLE_PREFIX}${variableOf(name)}`
  const value = environment[variable]
  // An empty variable is how a shell, or a compose file, says that there is none.
  if (value !== undefined && value !== '') return { value, place: variable, rank: VARIABLE_RANK }
  if (file === undefined || keys[name] === undefined) return undefined
  return { value: keys[name], place: `${name} in ${file.path}`, rank: FILE_RANK }
}

function readLimits(
  flags: Flags,
  environment: Environment,
  file: ConfigFile | undefined,
  keys: Readonly<Record<string, unknown>>,
  places: Map<string, string>,
): Partial<RelayLimits> {
  const given = new Map<keyof RelayLimits, Given>()
  const { limits: fromFile = {} } = keys
  if (file !== undefined) {
    if (!isRecord(fromFile)) throw new ConfigError(`limits in ${file.path} is not an object`)
    for (const [name, value] of Object.entries(fromFile)) {
      const place = `limits.${name} in ${file.path}`
      given.set(knownLimit(name, place), { value, place, rank: FILE_RANK })
    }
  }
  for (const [variable, value] of Object.entries(environment)) {
    if (!variable.startsWith(LIMIT_PREFIX) || value === undefined || value === '') continue
    const name = limitNames.find((limit) => variable === `${LIMIT_PREFIX}${variableOf(limit)}`) ?? variable
    given.set(knownLimit(name, variable), { value, place: variable, rank: VARIABLE_RANK })
  }
  for (const flag of flags.limits) {
    const place = `--limit ${flag}`
    const [, name = '', value] = /^(\w+)=(.*)$/.exec(flag) ?? []
    if (value === undefined) throw new ConfigError(`${place} is not NAME=VALUE`)
    given.set(knownLimit(name, place), { value, place, rank: FLAG_RANK })
  }
  return Object.fromEntries(
    [...given].map(([name, { value, place }]) => {
      places.set(`limits.${name}`, place)
      return [name, positiveInteger(value, place)]
    }),
  )
}

function knownLimit(name: string, place: string): keyof RelayLimits {
  if (Object.hasOwn(defaultLimits, name)) return name as keyof RelayLimits
  throw new ConfigError(`${place}: there is no such limit; limits are ${limitNames.join(', ')}`)
}

function positiveInteger(given: unknown, place: string): number {
  const value = typeof given === 'string' && /^\d{1,16}$/.test(given) ? Number(given) : given
  if (Number.isSafeInteger(value) && (value as number) > 0) return value as number
  throw new ConfigError(`${place}: ${JSON.stringify(given)} is not a positive integer`)
}

function fileKeys(file: ConfigFile | undefined): Readonly<Record<string, unknown>> {
  if (file === undefined) return {}
  const { path, content } = file
  if (!isRecord(content)) throw new ConfigError(`${path} does not hold a JSON object`)
  for (const name of Object.keys(content)) {
    if (name !== 'limits' && !Object.hasOwn(settings, name)) {
      throw new ConfigError(`${name} in ${path}: there is no such setting`)
    }
  }
  return content
}

function invalid({ value, place }: Given, expected: string, secret: boolean): ConfigError {
  return new ConfigError(`${place}: ${secret ? 'this' : JSON.stringify(value)} is not ${expected}`)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** In the order of the table. */
export const settingNames: readonly (keyof Settings)[] = Object.keys(settings) as (keyof Settings)[]
const limitNames: readonly (keyof RelayLimits)[] = Object.keys(defaultLimits) as (keyof RelayLimits)[]
