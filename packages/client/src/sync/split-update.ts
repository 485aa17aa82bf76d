/**
 * An update cut into updates that are small enough for the relay. Applied in any order they have the effect of the whole; a
 * peer that has only some of them keeps the rest pending, as with any update that comes early.
 */
import { IdSet, decodeUpdate, encodeUpdate, type IdRange, type Struct, type Update } from '@syncline/core'

interface Piece {
  readonly client: number
  readonly struct: Struct
}

/**
 * Cuts `update` between its structs, deletions last, until no part is above `bytesMax`. Returns `undefined` if one struct
 * alone is: what was typed or pasted at once is not cut. Throws `DecodeError`. Cost n log n.
 */
export function splitUpdate(update: Uint8Array, bytesMax: number): readonly Uint8Array[] | undefined {
  const { clients, deletes } = decodeUpdate(update)
  const pieces: Piece[] = []
  for (const { client, structs } of clients) for (const struct of structs) pieces.push({ client, struct })
  const structParts = halve(pieces, bytesMax, encodePieces)
  const deleteParts = halve([...deletes], bytesMax, encodeDeletes)
  return structParts && deleteParts && [...structParts, ...deleteParts]
}

function halve<T>(
  things: readonly T[],
  bytesMax: number,
  encode: (things: readonly T[]) => Uint8Array,
): readonly Uint8Array[] | undefined {
  if (things.length === 0) return []
  const whole = encode(things)
  if (whole.length <= bytesMax) return [whole]
  if (things.length === 1) return undefined
  const middle = things.length >> 1
  const left = halve(things.slice(0, middle), bytesMax, encode)
  const right = left && halve(things.slice(middle), bytesMax, encode)
  return left && right && [...left, ...right]
}

/** The pieces stand in the order of the update, so those of a client follow each other. */
function encodePieces(pieces: readonly Piece[]): Uint8Array {
  const clients = new Map<number, Struct[]>()
  for (const { client, struct } of pieces) {
    const structs = clients.get(client)
    if (structs !== undefined) structs.push(struct)
    else if (struct.type !== 'skip') clients.set(client, [struct])
  }
  const update: Update = {
    clients: [...clients].map(([client, structs]) => ({ client, structs: withoutLastSkip(structs) })),
    deletes: new IdSet(),
  }
  return encodeUpdate(update)
}

/** A skip before something is needed where it stands; after the last struct it says nothing. */
function withoutLastSkip(structs: readonly Struct[]): readonly Struct[] {
  return structs.at(-1)?.type === 'skip' ? structs.slice(0, -1) : structs
}

function encodeDeletes(ranges: readonly IdRange[]): Uint8Array {
  const deletes = new IdSet()
  for (const { client, start, end } of ranges) deletes.add(client, start, end)
  return encodeUpdate({ clients: [], deletes })
}
