/**
 * What the writers of a load push: real Yjs edits, one character each, so that an author's clock counts them. Whoever has an author's
 * units up to a clock has as many updates, however they were merged on their way.
 */
import { updateIds } from '@syncline/core'
import * as Y from 'yjs'
import { Random } from '../../workloads/random.ts'

/** Updates of one author; the nth inserts the unit n. */
export interface Authored {
  readonly clientID: number
  readonly updates: readonly Uint8Array[]
}

/** Client IDs as long as those that Yjs draws: the first of a row of them. */
export const FIRST_CLIENT_ID = 2_000_000_000

/** How often the cursor moves elsewhere. */
const JUMP_CHANCE = 0.03

/** `count` keystrokes of one author, the same for the same ID. */
export function author(clientID: number, count: number): Authored {
  const random = new Random(clientID, 'author')
  const updates: Uint8Array[] = []
  const doc = new Y.Doc()
  doc.clientID = clientID
  doc.on('update', (update: Uint8Array) => updates.push(update))
  const text = doc.getText('text')
  let cursor = 0
  for (let index = 0; index < count; index++) {
    if (random.chance(JUMP_CHANCE)) cursor = random.below(index + 1)
    text.insert(cursor++, String.fromCharCode(97 + random.below(26)))
  }
  doc.destroy()
  return { clientID, updates }
}

/** The clock at which the author's units in this update end; 0 if there are none. Costs a decoding. */
export function authoredEnd(update: Uint8Array, clientID: number): number {
  let clock = 0
  for (const { end } of updateIds(update).structs.ranges(clientID)) clock = Math.max(clock, end)
  return clock
}

/** Whether `bytes` from `start` to `end` are `expected`. */
export function sameBytes(expected: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const { length } = expected
  if (end - start !== length) return false
  // From the end, where one keystroke differs from the next.
  for (let index = length - 1; index >= 0; index--) if (bytes[start + index] !== expected[index]) return false
  return true
}

/** Whether an update has one client and one struct: then its author is told by {@link startsLike}. */
export function isKeystroke(bytes: Uint8Array, start: number): boolean {
  return bytes[start] === 1 && bytes[start + 1] === 1
}

/** The count of clients, the count of structs, a client ID of five bytes. */
const START_BYTES = 7

/** Whether two updates of {@link isKeystroke} have the same author. */
export function startsLike(update: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let index = START_BYTES - 1; index >= 0; index--) if (bytes[start + index] !== update[index]) return false
  return true
}
