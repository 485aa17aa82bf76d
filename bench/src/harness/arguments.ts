/** The command line, as a typed value. Wrong usage is an {@link UsageError}; nothing here reads a file or prints. */
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { SEED_MAX } from '../workloads/random.ts'

export interface Arguments {
  readonly help: boolean
  readonly quick: boolean
  /** The counts that the rows of `relay` are specified with. */
  readonly full: boolean
  readonly profile: boolean
  readonly json: string | undefined
  /** Markdown files that have places for tables. */
  readonly tables: readonly string[]
  /** The folder for the report's page and JSON; undefined without `--report`, and `false` for none. */
  readonly report: string | undefined | false
  /** The JSON of earlier runs, that this one is compared with. */
  readonly against: readonly string[]
  /** The JSON of an earlier run, that is shown in place of a new one. */
  readonly from: string | undefined
  /** Names of benches or tasks; empty for all. */
  readonly only: readonly string[]
  /** Libraries that documents are measured of, by the names of their columns; empty for all. */
  readonly subjects: readonly string[]
  readonly rounds: number | undefined
  /** Undefined: the caller draws one. */
  readonly seed: number | undefined
}

/** More rounds than this tell nothing new. */
export const ROUNDS_MAX = 1000

export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const usage = `npm run bench -- [options]

  --only NAME    run one bench, or the tasks that begin with NAME ("merge", "convergence/10 replicas"); may be repeated
  --subject NAME ask this library, and yjs, where documents are measured; may be repeated
  --quick        fewer tasks, on less work, with the same checks, in under a minute
  --full         the relay bench with all clients, rooms and rounds; takes many minutes
  --profile      where our side spends its time: the top functions, where a bench can tell
  --rounds N     samples per task; in convergence, cases
  --seed N       what the random cases grow from (default: a new one each run; it is printed)
  --report DIR   write the report, index.html and results.json, to DIR (default: bench/report)
  --no-report    write no report
  --json FILE    write the results to FILE too
  --tables FILE  put the table of every bench that ran into FILE, between <!-- table NAME --> and <!-- end NAME -->,
                 and of all together between <!-- table summary --> and <!-- end summary -->; may be repeated
  --against FILE compare with the results.json of an earlier run: which ratios got worse, or better, beyond noise;
                 may be repeated, for what got worse than in each of several runs: one run alone gives false alarms
  --from FILE    measure nothing: report, tables and comparison of the run that FILE, a results.json, has
  --help         this text

SYNCLINE_TRACES=FOLDER uses the recorded traces of FOLDER (automerge-paper, sveltecomponent, friendsforever; .json.gz) instead of generated ones.
Exit code: 0 measured, 1 a check failed (no numbers are printed) or a bench broke (it has none), 2 wrong usage, 3 worse than --against beyond noise,
130 interrupted (the benches that had ended are reported).
`

const options = {
  help: { type: 'boolean', short: 'h' },
  quick: { type: 'boolean' },
  full: { type: 'boolean' },
  profile: { type: 'boolean' },
  json: { type: 'string' },
  tables: { type: 'string', multiple: true },
  report: { type: 'string' },
  'no-report': { type: 'boolean' },
  against: { type: 'string', multiple: true },
  from: { type: 'string' },
  only: { type: 'string', multiple: true },
  subject: { type: 'string', multiple: true },
  rounds: { type: 'string' },
  seed: { type: 'string' },
} as const satisfies ParseArgsConfig['options']

export function parseArguments(argv: readonly string[]): Arguments {
  const { values } = parse(argv)
  for (const option of ['json', 'tables', 'report', 'against', 'from'] as const) {
    if ([values[option]].flat().includes('')) throw new UsageError(`--${option} needs a name`)
  }
  const isFree = values['no-report'] === true
  if (isFree && values.report !== undefined) throw new UsageError('--report and --no-report contradict each other')
  const measuring = (['quick', 'full', 'profile', 'only', 'subject', 'rounds', 'seed'] as const).find(
    (option) => values[option] !== undefined,
  )
  if (values.from !== undefined && measuring !== undefined) {
    throw new UsageError(`--from measures nothing, so --${measuring} means nothing`)
  }
  if (values.quick === true && values.full === true) throw new UsageError('--quick and --full contradict each other')
  return {
    help: values.help ?? false,
    quick: values.quick ?? false,
    full: values.full ?? false,
    profile: values.profile ?? false,
    json: values.json,
    tables: values.tables ?? [],
    report: isFree ? false : values.report,
    against: values.against ?? [],
    from: values.from,
    only: values.only ?? [],
    subjects: values.subject ?? [],
    rounds: integer('rounds', values.rounds, 1, ROUNDS_MAX),
    seed: integer('seed', values.seed, 0, SEED_MAX),
  }
}

/** The command line that measures the same again, with this seed: without what decides where results go. */
export function commandOf(wanted: Arguments, seed: number): string {
  const names = (option: string, list: readonly string[]) => list.flatMap((name) => [option, name])
  const words = [
    ...(wanted.quick ? ['--quick'] : []),
    ...(wanted.full ? ['--full'] : []),
    ...names('--only', wanted.only),
    ...names('--subject', wanted.subjects),
    ...(wanted.rounds === undefined ? [] : ['--rounds', String(wanted.rounds)]),
    '--seed',
    String(seed),
  ]
  return `npm run bench -- ${words.map((word) => (/^[\w-]+$/.test(word) ? word : `"${word}"`)).join(' ')}`
}

/** Whether one of the names in `only` asks for this bench, or, with a task, for this task of it. */
export function selects(only: readonly string[], bench: string, task?: string): boolean {
  if (only.length === 0) return true
  return only.some((name) => {
    const [wantedBench, wantedTask] = splitOnce(name)
    if (wantedBench !== bench) return false
    return task === undefined || wantedTask === undefined || task.startsWith(wantedTask)
  })
}

function splitOnce(name: string): [bench: string, task: string | undefined] {
  const slash = name.indexOf('/')
  return slash === -1 ? [name, undefined] : [name.slice(0, slash), name.slice(slash + 1)]
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false })
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

function integer(name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= least && value <= most) return value
  throw new UsageError(`--${name} is ${text}, not an integer from ${least} to ${most}`)
}
