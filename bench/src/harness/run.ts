/** One run of the bench: what was measured, where, and how it was asked for. Tables, JSON, page and guard are made of this and nothing else. */
import type { Bench, TaskResult } from './bench.ts'
import { disturbance } from './disturbance.ts'
import type { Environment } from './environment.ts'

export interface BenchReport {
  readonly bench: Pick<Bench, 'name' | 'question' | 'metric' | 'baseline' | 'roles'>
  readonly workload: string
  readonly results: readonly TaskResult[]
}

export interface Run {
  readonly environment: Environment
  readonly seed: number
  readonly scale: 'quick' | 'full'
  /** Whether `--full` asked for the counts that take many minutes. */
  readonly fullCounts: boolean
  /** The command line that does the same again, random cases included. */
  readonly command: string
  readonly startedAt: Date
  readonly elapsedMs: number
  readonly reports: readonly BenchReport[]
  /** Benches that were asked for and have no numbers, because somebody ended the run, or they broke. */
  readonly interrupted?: readonly string[]
}

/** How much work it was, in the word of the command line. */
export function scaleName({ scale, fullCounts }: Pick<Run, 'scale' | 'fullCounts'>): 'quick' | 'default' | 'full' {
  return scale === 'quick' ? 'quick' : fullCounts ? 'full' : 'default'
}

/** The commit, short, and whether the sources were changed since. */
export function commitName({ environment: { commit } }: Pick<Run, 'environment'>): string {
  return commit === undefined ? 'unknown' : commit.hash.slice(0, 12) + (commit.modified ? ' + changes' : '')
}

/** A machine whose cores have more to do than this share, before the run begins, is not a quiet one. */
const BUSY_SHARE = 0.5

/** What a reader has to know of the run before any number, in sentences. Empty where nothing is odd. */
export function cautions({
  environment: on,
  reports,
  interrupted = [],
}: Pick<Run, 'environment' | 'reports' | 'interrupted'>): string[] {
  const { timed, disturbed } = disturbance(reports.flatMap(({ results }) => results))
  return [
    ...(interrupted.length > 0 ? [`the run is not whole: no numbers of ${interrupted.join(', ')}`] : []),
    ...(on.temporaryFilesInMemory
      ? ['temporary files are in memory here, so flushing a log costs nothing; TMPDIR names another place']
      : []),
    ...(on.load > on.cores * BUSY_SHARE
      ? [`other work kept ${on.load.toFixed(1)} cores busy when the run began: times are long and noisy`]
      : []),
    ...(disturbed > 0
      ? [
          `in ${disturbed} of ${timed} timed rows somebody else had the processor for more than a fifth of the time: these ratios may be wrong`,
        ]
      : []),
  ]
}
