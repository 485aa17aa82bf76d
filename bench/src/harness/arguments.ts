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
  /** A Markdown file that has places for tables. */
  readonly tables: string | undefined
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
  --quick        the same tasks and checks on less work, in under a minute
  --full         the relay bench with all clients, rooms and rounds; takes many minutes
  --profile      where our side spends its time: the top functions, where a bench can tell
  --rounds N     samples per task; in convergence, cases
  --seed N       what the random cases grow from (default: a new one each run; it is printed)
  --json FILE    write the results to FILE too
  --tables FILE  put the table of every bench that ran into FILE, between <!-- table NAME --> and <!-- end NAME -->
  --help         this text

SYNCLINE_TRACES=FOLDER uses the recorded trace automerge-paper.json.gz of FOLDER instead of a generated one.
Exit code: 0 measured, 1 a check failed (no numbers are printed), 2 wrong usage.
`

const options = {
  help: { type: 'boolean', short: 'h' },
  quick: { type: 'boolean' },
  full: { type: 'boolean' },
  profile: { type: 'boolean' },
  json: { type: 'string' },
  tables: { type: 'string' },
  only: { type: 'string', multiple: true },
  subject: { type: 'string', multiple: true },
  rounds: { type: 'string' },
  seed: { type: 'string' },
} as const satisfies ParseArgsConfig['options']

export function parseArguments(argv: readonly string[]): Arguments {
  const { values } = parse(argv)
  for (const option of ['json', 'tables'] as const) {
    if (values[option] === '') throw new UsageError(`--${option} needs the name of a file`)
  }
  if (values.quick === true && values.full === true) throw new UsageError('--quick and --full contradict each other')
  return {
    help: values.help ?? false,
    quick: values.quick ?? false,
    full: values.full ?? false,
    profile: values.profile ?? false,
    json: values.json,
    tables: values.tables,
    only: values.only ?? [],
    subjects: values.subject ?? [],
    rounds: integer('rounds', values.rounds, 1, ROUNDS_MAX),
    seed: integer('seed', values.seed, 0, SEED_MAX),
  }
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
