/**
 * What one flush of the log has made durable in a room, as what its members are told: the entries merged, so that a burst
 * of keystrokes is one message with one struct for each reader, and not one of each for every key. Pure.
 */
import { mergeUpdates } from '@syncline/core'
import type { Position } from '@syncline/protocol'
import type { MemberId } from './room-member.ts'

/** A push that has become an entry of the log. */
export interface AcceptedPush {
  readonly author: MemberId
  readonly update: Uint8Array
  readonly position: Position
}

/** Entries that follow each other in the log, merged. */
export interface FlushRun {
  /** That of the last entry. */
  readonly position: Position
  readonly update: Uint8Array
  /** Who wrote all of it; `undefined` when several did. */
  readonly onlyAuthor: MemberId | undefined
}

/** Merging happens on the event loop, so what is merged has a bound; an update that is longer is alone. */
export const RUN_BYTES_MAX: number = 64 * 1024

/** The pushes, which follow each other in the log, in as few runs as {@link RUN_BYTES_MAX} allows, in their order. */
export function flushRuns(pushes: readonly AcceptedPush[]): readonly FlushRun[] {
  return boundedRuns(pushes).map(runOf)
}

/** In as few updates as {@link RUN_BYTES_MAX} allows, what all of `updates` hold; one that is alone is not copied. */
export function mergeInRuns(updates: readonly Uint8Array[]): readonly Uint8Array[] {
  return boundedRuns(updates.map((update) => ({ update }))).map(merged)
}

function boundedRuns<Item extends { readonly update: Uint8Array }>(
  items: readonly Item[],
): readonly (readonly Item[])[] {
  if (items.length === 1) return [items]
  const runs: (readonly Item[])[] = []
  for (let from = 0, to = 0; from < items.length; from = to) {
    let bytes = 0
    for (; to < items.length; to++) {
      bytes += items[to]!.update.length
      if (to > from && bytes > RUN_BYTES_MAX) break
    }
    runs.push(items.slice(from, to))
  }
  return runs
}

function runOf(pushes: readonly AcceptedPush[]): FlushRun {
  const last = pushes[pushes.length - 1]!
  const onlyAuthor = pushes.every(({ author }) => author === last.author) ? last.author : undefined
  return { position: last.position, update: merged(pushes), onlyAuthor }
}

function merged(items: readonly { readonly update: Uint8Array }[]): Uint8Array {
  return items.length === 1 ? items[0]!.update : mergeUpdates(items.map(({ update }) => update))
}
