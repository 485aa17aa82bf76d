/** The functions on bytes of yjs 14, for arrays of any buffer: its types ask for buffers that are not shared, as ours never are. */
import * as Y14 from '@y/y'

export function mergeUpdates14(updates: readonly Uint8Array[]): Uint8Array {
  return Y14.mergeUpdates(updates as Uint8Array<ArrayBuffer>[])
}

export function diffUpdate14(update: Uint8Array, stateVector: Uint8Array): Uint8Array {
  return Y14.diffUpdate(update as Uint8Array<ArrayBuffer>, stateVector as Uint8Array<ArrayBuffer>)
}

export const stateVectorOfUpdate14: (update: Uint8Array) => Uint8Array = Y14.encodeStateVectorFromUpdate
export const convertV1ToV2With14: (update: Uint8Array) => Uint8Array = Y14.convertUpdateFormatV1ToV2
export const convertV2ToV1With14: (update: Uint8Array) => Uint8Array = Y14.convertUpdateFormatV2ToV1
