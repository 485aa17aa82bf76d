/**
 * Folds a room's tail into its checkpoint: read everything, merge it off to the side, put the merge in the place of
 * what was read. It cannot lose a concurrent append, since the log replaces only up to the position that was read; and
 * it cannot bring back a room that was dropped meanwhile, since that position is then no part of the room's history.
 *
 * One fold at a time in the whole relay: each holds a whole document's bytes for its duration. The rooms that wait are
 * those that are open, each at most once, since a room asks for one fold at a time.
 */
import { LogError } from '../errors.ts'
import { isInHistory, type UpdateLog } from '../log/update-log.ts'
import type { History } from '../merger/history.ts'
import type { UpdateMerger } from './update-merger.ts'

/** What a fold did, as its room needs to know it, and whoever watches. */
export interface Folded {
  readonly upToSeq: number
  readonly checkpointBytes: number
  /** Entries, and their bytes, that the checkpoint has swallowed. */
  readonly tailEntries: number
  readonly tailBytes: number
  /** Everything that was merged: the checkpoint before, and the tail. */
  readonly mergedBytes: number
  /** What the log contradicted itself in, if it did. */
  readonly logConflict: string | undefined
}

export class Compaction {
  readonly #log: UpdateLog
  readonly #merger: UpdateMerger
  readonly #history: History
  /** Settles when the folds asked for so far have; it never rejects. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(log: UpdateLog, merger: UpdateMerger, history: History) {
    this.#log = log
    this.#merger = merger
    this.#history = history
  }

  /**
   * Folds `room` when its turn comes; `undefined` if it was dropped before that was done. Rejects with `LogError`, or with
   * `MergerError`: `malformed` when the log holds what is no update.
   */
  fold(room: string): Promise<Folded | undefined> {
    const folded = this.#last.then(() => this.#fold(room))
    this.#last = folded.catch(() => {})
    return folded
  }

  /** Waits for the folds under way. */
  async settled(): Promise<void> {
    await this.#last
  }

  async #fold(room: string): Promise<Folded | undefined> {
    const { checkpointSeq, checkpointBytes } = await this.#log.head(room)
    const { position, updates } = await this.#log.read(room, 0)
    if (position.seq === 0) return undefined
    // It is folded, and its room did not hear of it: by an earlier room of the name, or in a write whose outcome was uncertain.
    if (checkpointSeq === position.seq) {
      return {
        upToSeq: checkpointSeq,
        checkpointBytes,
        tailEntries: 0,
        tailBytes: 0,
        mergedBytes: 0,
        logConflict: undefined,
      }
    }
    // Before they are handed over.
    const bytes = updates.map(({ length }) => length)
    const { checkpoint, logConflict } = await this.#merger.compact(updates, this.#history)
    if (!(await this.#log.checkpoint(room, position, checkpoint))) {
      if (!isInHistory(await this.#log.head(room), position)) return undefined
      throw new LogError('io', `the log of ${JSON.stringify(room)} changed under the compaction`)
    }
    const tail = checkpointSeq === 0 ? bytes : bytes.slice(1)
    return {
      upToSeq: position.seq,
      checkpointBytes: checkpoint.length,
      tailEntries: position.seq - checkpointSeq,
      tailBytes: sumOf(tail),
      mergedBytes: sumOf(bytes),
      logConflict,
    }
  }
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}
