/**
 * What `syncline-relay` does without a subcommand: flags, environment and configuration file in, a relay on its log
 * out. Exactly one line goes to stdout, when the relay is ready.
 */
import { readFileSync } from 'node:fs'
import { parseArgs, type ParseArgsConfig } from 'node:util'
import {
  readConfig,
  settingNames,
  type ConfigFile,
  type Environment,
  type Flags,
  type RelayConfig,
} from '../config/config.ts'
import { configuredAuthenticator } from '../config/jwt-config.ts'
import { flagOf, variableOf } from '../config/setting.ts'
import { settings } from '../config/settings.ts'
import { ConfigError, LogError, RelayError } from '../errors.ts'
import { eventLog } from '../event-log.ts'
import { openLmdbLog } from '../log/lmdb-log.ts'
import { MemoryLog } from '../log/memory-log.ts'
import type { UpdateLog } from '../log/update-log.ts'
import { createRelay, type Relay } from '../relay.ts'
import type { RelayEventListener } from '../relay-event.ts'

export const serveUsage: string = `Usage: syncline-relay [options]
       syncline-relay import KIND PATH --data DIR [options]
       syncline-relay backup --data DIR --to DIR

Writes each update to a durable log, acknowledges it, and passes it on.

${optionLines()}

Each option is also a variable of the environment (--log-level: SYNCLINE_LOG_LEVEL; --limit: SYNCLINE_LIMIT_…)
and a key of the configuration file (logLevel; limits). Flags win over the environment, and that over the file.
What stands in capitals is a secret: a variable, or a key of the file (operatorToken), and no option.

When it is ready it prints one line to stdout: listening on ws://HOST:PORT
SIGTERM or SIGINT drains it; a second one ends it at once.
`

export type ServeCommand =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'misuse'; readonly message: string }
  | { readonly kind: 'serve' | 'print-config'; readonly config: RelayConfig }

/** Reads the flags, and the file that they or the environment name. */
export function parseServe(args: readonly string[], environment: Environment): ServeCommand {
  try {
    const { values, tokens } = parseFlags(args)
    if (values['help'] === true) return { kind: 'help' }
    if (values['version'] === true) return { kind: 'version' }
    const path = typeof values['config'] === 'string' ? values['config'] : environment['SYNCLINE_CONFIG']
    const file = path === undefined || path === '' ? undefined : readConfigFile(path)
    const config = readConfig(flagsOf(tokens), environment, file)
    return { kind: values['print-config'] === true ? 'print-config' : 'serve', config }
  } catch (error) {
    if (error instanceof ConfigError || isParseError(error)) return { kind: 'misuse', message: error.message }
    throw error
  }
}

/** The configuration as JSON: every setting and limit that was set, each with its value and where that comes from. */
export function describeConfig(config: RelayConfig): string {
  const { places, limits } = config
  const place = (name: string): string => places.get(name) ?? 'default'
  const shown = settingNames.map((name) => {
    const hidden = settings[name].secret === true && config[name] !== undefined
    return [name, { value: hidden ? '(secret)' : (config[name] ?? null), from: place(name) }]
  })
  const shownLimits = Object.entries(limits).map(([name, value]) => [name, { value, from: place(`limits.${name}`) }])
  return JSON.stringify({ ...Object.fromEntries(shown), limits: Object.fromEntries(shownLimits) }, undefined, 2)
}

/** Returns when the relay is up. Sets the exit code if it cannot be. */
export async function serve(config: RelayConfig): Promise<void> {
  let relay: Relay
  try {
    relay = await openRelay(config)
  } catch (error) {
    if (!(error instanceof RelayError || error instanceof LogError || error instanceof ConfigError)) throw error
    process.stderr.write(`syncline-relay: ${error.message}\n`)
    process.exitCode = error instanceof ConfigError || (error instanceof RelayError && misuses.has(error.code)) ? 2 : 1
    return
  }
  closeOnSignals(relay)
  process.stdout.write(`listening on ${relay.url}\n`)
}

/** Failures that another configuration, and nothing else, would heal. */
const misuses: ReadonlySet<RelayError['code']> = new Set(['auth-required', 'invalid-option'] as const)

async function openRelay(config: RelayConfig): Promise<Relay> {
  const { host, port, demo, limits, logLevel, keepHistory, operatorToken, trustedProxies } = config
  const authenticator = configuredAuthenticator(config)
  const onEvent = eventLog({ level: logLevel })
  const log = await openLog(config, onEvent)
  try {
    const relay = createRelay({
      log,
      host,
      port,
      limits,
      history: keepHistory ? 'keep' : 'drop',
      onEvent,
      ...(demo === undefined ? {} : { staticDirectory: demo }),
      ...(authenticator === undefined ? {} : { authenticator }),
      ...(operatorToken === undefined ? {} : { operatorToken }),
      ...(trustedProxies === undefined ? {} : { trustedProxies }),
    })
    await relay.open()
    return relay
  } catch (error) {
    await log.close()
    throw error
  }
}

async function openLog({ memory, data }: RelayConfig, onEvent: RelayEventListener): Promise<UpdateLog> {
  if (memory) return new MemoryLog()
  // Said before, since the log cannot say anything while it waits.
  onEvent({ type: 'opening-log', directory: data })
  return openLmdbLog({ directory: data })
}

/** The first signal drains; the second ends the process as it would have without us. */
function closeOnSignals(relay: Relay): void {
  let draining = false
  const onSignal = (signal: NodeJS.Signals): void => {
    if (draining) {
      for (const name of ['SIGTERM', 'SIGINT'] as const) process.off(name, onSignal)
      process.kill(process.pid, signal)
      return
    }
    draining = true
    relay.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`syncline-relay: could not close: ${String(error)}\n`)
        process.exit(1)
      },
    )
  }
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, onSignal)
}

function readConfigFile(path: string): ConfigFile {
  let content: string
  try {
    content = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new ConfigError(`cannot read the configuration ${path}: ${String(cause)}`, { cause })
  }
  try {
    return { path, content: JSON.parse(content) as unknown }
  } catch (cause) {
    throw new ConfigError(`the configuration ${path} is not JSON: ${String(cause)}`, { cause })
  }
}

interface Token {
  readonly kind: string
  readonly name?: string
  readonly value?: string | undefined
}

function parseFlags(args: readonly string[]): {
  readonly values: Readonly<Record<string, unknown>>
  readonly tokens: readonly Token[]
} {
  const options: NonNullable<ParseArgsConfig['options']> = {
    limit: { type: 'string', multiple: true },
    config: { type: 'string' },
    'print-config': { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean' },
  }
  for (const name of settingNames) {
    const { kind, secret } = settings[name]
    if (secret === true) continue
    options[flagOf(name)] = { type: kind === 'switch' ? 'boolean' : 'string' }
    if (kind === 'switch') options[`no-${flagOf(name)}`] = { type: 'boolean' }
  }
  return parseArgs({ args: [...args], options, tokens: true })
}

/** Of a flag that is given twice, the last one counts. */
function flagsOf(tokens: readonly Token[]): Flags {
  const values = new Map<string, string | boolean>()
  const limits: string[] = []
  for (const { kind, name: flag, value } of tokens) {
    if (kind !== 'option' || flag === undefined) continue
    if (flag === 'limit') limits.push(value ?? '')
    const on = settingNames.find((name) => flagOf(name) === flag)
    const off = settingNames.find((name) => `no-${flagOf(name)}` === flag)
    if (on !== undefined) values.set(on, value ?? true)
    else if (off !== undefined) values.set(off, false)
  }
  return { values, limits }
}

/** `parseArgs` throws a `TypeError` with a code of its own for what it does not know. */
function isParseError(error: unknown): error is Error {
  return error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS_')
}

function optionLines(): string {
  const lines = settingNames.map((name): readonly [string, string] => {
    const { kind, takes, help, fallback, secret } = settings[name]
    const start =
      secret === true ? `SYNCLINE_${variableOf(name)}` : `--${flagOf(name)}${takes === '' ? '' : ` ${takes}`}`
    if (kind === 'switch') return [start, fallback === true ? `${help} (on; --no-${flagOf(name)} turns it off)` : help]
    return [start, fallback === undefined ? help : `${help} (${String(fallback)})`]
  })
  const rest: readonly (readonly [string, string])[] = [
    ['--limit NAME=N', 'change a limit; may be given several times'],
    ['--config FILE', 'read settings from a JSON file'],
    ['--print-config', 'show what the settings come to, and where each comes from, and exit'],
    ['--help', 'show this and exit'],
    ['--version', 'show the version and exit'],
  ]
  const all = [...lines, ...rest]
  const width = Math.max(...all.map(([start]) => start.length))
  return all.map(([start, help]) => `  ${start.padEnd(width)}  ${help}`).join('\n')
}
