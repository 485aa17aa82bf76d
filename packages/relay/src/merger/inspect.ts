/**
 * What pushes would add to a log, found out by adding them: the room keeps no content, so whether an update repeats what the
 * log has, completes it or contradicts it can only be said with the log at hand.
 */
import { ConflictError, IdSet, UpdateStore, mergeUpdates, updateIds, type Conflict } from '@syncline/core'
import type { History } from './history.ts'

/** What one push is to the log. */
export type Inspection =
  /** The log has all of it. */
  | { readonly kind: 'known' }
  /** Something of it is new, and nothing contradicts the log. */
  | {
      readonly kind: 'adds'
      /** The clients of which units are new, or have their content back. */
      readonly clients: readonly number[]
    }
  /** It claims units that the log has with other content. */
  | { readonly kind: 'conflicts'; readonly client: number; readonly start: number; readonly end: number }
  /** It speaks of units that an earlier push of the same inspection adds: ask again when that one is stored, or is not. */
  | { readonly kind: 'undecided' }

export interface Inspected {
  /** One for each push, in their order. */
  readonly verdicts: readonly Inspection[]
  /** What the log contradicts itself in, if it does: an older relay stored it. */
  readonly logConflict: string | undefined
}

/** Inspects `pushes`, each on its own, against the log. Throws `DecodeError`. Linear in the log and in the pushes. */
export function inspect(log: readonly Uint8Array[], pushes: readonly Uint8Array[], history: History): Inspected {
  const { store, conflict } = storeOf(log)
  const deletes = store.deletes()
  const taken = new IdSet()
  const verdicts = pushes.map((push) => inspectOne(store, deletes, taken, push, history))
  return { verdicts, logConflict: conflict }
}

/**
 * A store of a log that may contradict itself: then it holds what a merge of the log takes, which is also what every reader of
 * the log is sent. Throws `DecodeError`.
 */
export function storeOf(log: readonly Uint8Array[]): {
  readonly store: UpdateStore
  readonly conflict: string | undefined
} {
  try {
    return { store: UpdateStore.of(log), conflict: undefined }
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error
    return { store: UpdateStore.of([mergeUpdates(log)]), conflict: describeConflict(error.conflicts[0]!) }
  }
}

/** For people. */
export function describeConflict({ client, start, end }: Pick<Conflict, 'client' | 'start' | 'end'>): string {
  return `client ${client} has written other content at clocks ${start} to ${end - 1}`
}

/** `deletes` are those of the log alone, `taken` the units that earlier pushes brought. */
function inspectOne(store: UpdateStore, deletes: IdSet, taken: IdSet, push: Uint8Array, history: History): Inspection {
  const ids = updateIds(push)
  if (!taken.isEmpty && !ids.structs.difference(taken).equals(ids.structs)) return { kind: 'undecided' }
  try {
    const { structs, restored } = store.ingest(push)
    for (const { client, start, end } of [...structs, ...restored]) taken.add(client, start, end)
    // Content of what is deleted would be dropped again by the next compaction.
    const kept = history === 'keep' ? restored : restored.filter((range) => !isDeleted(deletes, range))
    if (structs.length === 0 && kept.length === 0 && deletes.hasAll(ids.deletes)) return { kind: 'known' }
    return { kind: 'adds', clients: [...new Set([...structs, ...kept].map(({ client }) => client))] }
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error
    const { client, start, end } = error.conflicts[0]!
    return { kind: 'conflicts', client, start, end }
  }
}

function isDeleted(deletes: IdSet, { client, start, end }: Pick<Conflict, 'client' | 'start' | 'end'>): boolean {
  return deletes.hasRange(client, start, end)
}
