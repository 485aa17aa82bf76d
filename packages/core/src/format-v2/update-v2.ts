/**
 * A Yjs update in format v2, as the same value that `update.ts` makes of v1: whoever holds an {@link Update} need not know which
 * format it came in. The layout of the columns is drawn in `columns.ts`; the rest of an update holds
 *
 *     count, count × (count of structs, first clock, what its structs have in the rest)      clients descending
 *     delete set
 *
 * Nothing in the bytes tells the formats apart: an update that starts with 0 may be v2, or v1 with deletions alone. So whoever
 * stores or sends v2 has to say so, and there is no function here that guesses.
 */
import { assert } from '../errors.ts'
import { endOf, type Struct } from '../struct.ts'
import type { ClientStructs, Update } from '../update.ts'
import { ColumnsReader, ColumnsWriter } from './columns.ts'
import { readDeleteSetV2, writeDeleteSetV2 } from './delete-set-v2.ts'
import { readStructV2, writeStructV2 } from './struct-v2.ts'

/**
 * How many structs an update may hold beyond one for each of its bytes, unless the caller says otherwise. Structs that follow a
 * pattern cost no bytes at all in v2; unbounded, forty bytes would unfold into 2^53 of them. Honest ones do so too: a map whose keys
 * x and y are set in turn leaves one for every value that was overwritten. So many take some 60 to 120 MB in memory, and 3 MB
 * in format v1.
 */
export const UNPAID_STRUCTS_MAX: number = 2 ** 18

export interface UnfoldingLimit {
  /** See {@link UNPAID_STRUCTS_MAX}, which is the default. */
  readonly unpaidStructsMax?: number
}

/**
 * Decodes an update in format v2, whole, or throws `DecodeError` with the offset at which it stops being one. Contents are views
 * of `bytes` where v1 has the same bytes; `bytes` must not change while the value is in use. Time and memory are bounded by
 * the length of `bytes`, by `limit`, and by `REPEATED_KEY_BYTES_MAX`.
 *
 * Accepts what {@link decodeUpdate} accepts, after conversion. On purpose stricter than Yjs: besides what v1 refuses, features
 * other than 0, columns that are not used up, and embeds and formatting values that v1 has no JSON for (a bigint, `undefined`);
 * `Y.convertUpdateFormatV2ToV1` throws for these.
 */
export function decodeUpdateV2(bytes: Uint8Array, limit: UnfoldingLimit = {}): Update {
  const columns = new ColumnsReader(bytes)
  const { rest } = columns
  const clients: ClientStructs[] = []
  const seen = new Set<number>()
  let structsLeft = bytes.length + (limit.unpaidStructsMax ?? UNPAID_STRUCTS_MAX)
  for (let clientsLeft = rest.count(2); clientsLeft > 0; clientsLeft--) {
    const start = rest.offset
    const count = rest.varUint()
    const client = columns.clients.read()
    let clock = rest.varUint()
    if (count === 0) rest.fail('invalid-value', `client ${client} is listed without structs`, start)
    if (count > structsLeft) rest.fail('limit-exceeded', `${count} structs announced in ${bytes.length} bytes`, start)
    if (seen.has(client)) rest.fail('invalid-value', `client ${client} is listed twice`, start)
    seen.add(client)
    structsLeft -= count
    const structs: Struct[] = []
    for (let left = count; left > 0; left--) {
      const struct = readStructV2(columns, client, clock)
      structs.push(struct)
      clock = endOf(struct)
    }
    clients.push({ client, structs })
  }
  const deletes = readDeleteSetV2(rest)
  columns.end()
  return { clients, deletes }
}

/**
 * Encodes an update in format v2, clients in descending order, as Yjs does: what Yjs encoded and {@link decodeUpdateV2} read stays
 * the same bytes, but for embeds and formatting values that JSON cannot say (see `any-json.ts`) and names that end in half a
 * surrogate pair (see `string-column.ts`).
 */
export function encodeUpdateV2(update: Update): Uint8Array<ArrayBuffer> {
  const clients = [...update.clients].sort((a, b) => b.client - a.client)
  const columns = new ColumnsWriter()
  const { rest } = columns
  rest.varUint(clients.length)
  for (const { client, structs } of clients) {
    let clock = structs[0]!.clock
    rest.varUint(structs.length)
    columns.clients.write(client)
    rest.varUint(clock)
    for (const struct of structs) {
      assert(struct.clock === clock, 'each struct begins where the one before it ends')
      writeStructV2(columns, struct)
      clock = endOf(struct)
    }
  }
  writeDeleteSetV2(rest, update.deletes)
  return columns.finish()
}
