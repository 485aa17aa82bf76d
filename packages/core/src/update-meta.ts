/** Which clocks an update is about, as Yjs tells it. */
import { convertUpdateFormatV2ToV1 } from './format-v2/convert.ts'
import { updateIds } from './update-ids.ts'

/** Per client: the first clock that the update has, and the one after its last. Gaps between them are not told. */
export interface UpdateMeta {
  readonly from: Map<number, number>
  readonly to: Map<number, number>
}

/** Of an update in format v1. Throws `DecodeError`. Linear in the bytes. */
export function parseUpdateMeta(update: Uint8Array): UpdateMeta {
  const meta: UpdateMeta = { from: new Map(), to: new Map() }
  for (const { client, start, end } of updateIds(update).structs) {
    if (!meta.from.has(client)) meta.from.set(client, start)
    meta.to.set(client, end)
  }
  return meta
}

/** Of an update in format v2. Throws `DecodeError`. */
export function parseUpdateMetaV2(update: Uint8Array): UpdateMeta {
  return parseUpdateMeta(convertUpdateFormatV2ToV1(update))
}
