/**
 * From one update format to the other, to the byte what the functions of these names in Yjs do with what Yjs wrote. Nothing is
 * merged, joined or dropped, with one exception: beside an origin the parentSub bit is a mere hint, and Yjs's conversions lose it.
 *
 * They differ from Yjs's where that would lose more, or where bytes did not come from Yjs:
 * - Array and map values are copied as they are. Yjs builds them, and writes what it built: a key `__proto__` vanishes, and of keys
 *   that became equal (lone surrogates are U+FFFD once written) the last one stays.
 * - Legacy JSON content is copied as text, where Yjs writes its value again. The text is the same if `JSON.stringify` made it.
 * - Clients are written in descending order and delete sets in their normal form, as Yjs does everywhere else.
 * - What `decodeUpdate` and `decodeUpdateV2` refuse throws `DecodeError`.
 */
import type { Struct } from '../struct.ts'
import { decodeUpdate, encodeUpdate, type Update } from '../update.ts'
import { decodeUpdateV2, encodeUpdateV2, type UnfoldingLimit } from './update-v2.ts'

/** The same update in format v2. Throws `DecodeError` if `update` is not one in format v1. */
export function convertUpdateFormatV1ToV2(update: Uint8Array): Uint8Array<ArrayBuffer> {
  return encodeUpdateV2(withoutKeyHints(decodeUpdate(update)))
}

/**
 * The same update in format v1. Throws `DecodeError` if `update` is not one in format v2, and if it holds what v1 cannot hold; see
 * {@link decodeUpdateV2}.
 */
export function convertUpdateFormatV2ToV1(update: Uint8Array, limit: UnfoldingLimit = {}): Uint8Array<ArrayBuffer> {
  return encodeUpdate(withoutKeyHints(decodeUpdateV2(update, limit)))
}

/** The same update, its items under keys told from others only where they name the key. */
function withoutKeyHints({ clients, deletes }: Update): Update {
  return { clients: clients.map(({ client, structs }) => ({ client, structs: structs.map(withoutKeyHint) })), deletes }
}

function withoutKeyHint(struct: Struct): Struct {
  return struct.type === 'item' && struct.keyed && struct.parent === null ? { ...struct, keyed: false } : struct
}
