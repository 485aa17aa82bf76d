/**
 * What can be done with updates without a document, under the names that Yjs has for it, in both formats. All of it goes through values, see `update-values.ts`: an app that syncs
 * documents hardly ever does this, and downloads a fraction of what the fast ways take. Those are what `@syncline/core` exports under the same names.
 *
 * Everything here throws `DecodeError` for bytes that are no update in the format, and makes an object of each struct.
 */
import { decodeUpdateV2, encodeUpdateV2 } from './format-v2/update-v2.ts'
import { decodeStateVector, encodeStateVector } from './state-vector.ts'
import { decodeUpdate, encodeUpdate, type Update } from './update.ts'
import { diffUpdateValue, mergeUpdateValues, unitsOf } from './update-values.ts'

/** Which clocks an update is about. Per client the first that it has, and the one after its last; gaps between them are not told. */
export interface UpdateMeta {
  readonly from: Map<number, number>
  readonly to: Map<number, number>
}

/** One update with all that these have: the bytes that `mergeUpdates` of `@syncline/core` gives. Cost n log n in the structs. */
export function mergeUpdates(updates: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> {
  return encodeUpdate(mergeUpdateValues(Array.from(updates, decodeUpdate)))
}

export function mergeUpdatesV2(updates: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> {
  return encodeUpdateV2(mergeUpdateValues(Array.from(updates, (update) => decodeUpdateV2(update))))
}

/** The part of `update` that a replica with this state vector lacks, and all its deletions. Linear. */
export function diffUpdate(update: Uint8Array, stateVector: Uint8Array): Uint8Array<ArrayBuffer> {
  return encodeUpdate(diffUpdateValue(decodeUpdate(update), decodeStateVector(stateVector)))
}

export function diffUpdateV2(update: Uint8Array, stateVector: Uint8Array): Uint8Array<ArrayBuffer> {
  return encodeUpdateV2(diffUpdateValue(decodeUpdateV2(update), decodeStateVector(stateVector)))
}

/** The state vector of a replica that has exactly this update: per client where its first gap begins. Linear. */
export function encodeStateVectorFromUpdate(update: Uint8Array): Uint8Array<ArrayBuffer> {
  return encodeStateVector(unitsOf(decodeUpdate(update)).stateVector())
}

export function encodeStateVectorFromUpdateV2(update: Uint8Array): Uint8Array<ArrayBuffer> {
  return encodeStateVector(unitsOf(decodeUpdateV2(update)).stateVector())
}

/** Linear. */
export function parseUpdateMeta(update: Uint8Array): UpdateMeta {
  return metaOf(decodeUpdate(update))
}

export function parseUpdateMetaV2(update: Uint8Array): UpdateMeta {
  return metaOf(decodeUpdateV2(update))
}

function metaOf(update: Update): UpdateMeta {
  const meta: UpdateMeta = { from: new Map(), to: new Map() }
  for (const { client, start, end } of unitsOf(update)) {
    if (!meta.from.has(client)) meta.from.set(client, start)
    meta.to.set(client, end)
  }
  return meta
}
