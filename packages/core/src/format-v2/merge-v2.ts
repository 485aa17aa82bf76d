/** What can be done with updates in format v2 without a document, by way of format v1. */
import { diffUpdate } from '../diff.ts'
import { mergeUpdates } from '../merge.ts'
import { encodeStateVectorFromUpdate } from '../update-ids.ts'
import { convertUpdateFormatV1ToV2, convertUpdateFormatV2ToV1 } from './convert.ts'

/** One update with all that these have, as `mergeUpdates`. Throws `DecodeError`. */
export function mergeUpdatesV2(updates: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> {
  return convertUpdateFormatV1ToV2(mergeUpdates(Array.from(updates, (update) => convertUpdateFormatV2ToV1(update))))
}

/** The part of `update` that a replica with this state vector lacks, as `diffUpdate`. Throws `DecodeError`. */
export function diffUpdateV2(update: Uint8Array, stateVector: Uint8Array): Uint8Array<ArrayBuffer> {
  return convertUpdateFormatV1ToV2(diffUpdate(convertUpdateFormatV2ToV1(update), stateVector))
}

/** The state vector of a replica that has exactly this update, as `encodeStateVectorFromUpdate`. Throws `DecodeError`. */
export function encodeStateVectorFromUpdateV2(update: Uint8Array): Uint8Array<ArrayBuffer> {
  return encodeStateVectorFromUpdate(convertUpdateFormatV2ToV1(update))
}
