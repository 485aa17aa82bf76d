/**
 * Edits that were refused because another writer has their IDs, made edits of a new writer: the same structs, at the same places,
 * under a client ID of their own, with what they say of each other following. Pure, and the same for the same edits, so that doing
 * it again, in another visit or on another copy of the device, adds nothing.
 */
import {
  decodeUpdate,
  emptyUpdate,
  encodeUpdate,
  IdSet,
  updateIds,
  type ClientStructs,
  type Id,
  type Struct,
} from '@syncline/core'
import { isUpdate, mergeRows } from '../device-store/gathered-updates.ts'

/**
 * `edits`, the refused updates in their order, as one update of a new writer. In another visit there may be more of them, at the end.
 * Whole: what of them others have in the same way, as where an edit was copied before it was finished, is there twice then. Updates
 * that are none say nothing; throws nothing. Linear, times the stretches that were refused.
 */
export function reissued(edits: readonly Uint8Array[]): Uint8Array {
  const sound = edits.filter(isUpdate)
  const { clients, deletes } = decodeUpdate(mergeRows(sound))
  if (clients.length === 0) return emptyUpdate()
  const names = new NewIds(clients, sound)
  return encodeUpdate({
    clients: clients.map(({ client, structs }) => ({
      client: names.clientOf(client),
      structs: structs.filter(({ type }) => type !== 'skip').map((struct) => renamed(struct, client, names)),
    })),
    deletes: names.deletesOf(deletes),
  })
}

/** The new names of the units of some structs: one new client for each old one, clocks from 0, without gaps. */
class NewIds {
  readonly #clients = new Map<number, { readonly client: number; readonly ranges: readonly RenamedRange[] }>()

  constructor(clients: readonly ClientStructs[], edits: readonly Uint8Array[]) {
    for (const { client, structs } of clients) {
      const ranges: RenamedRange[] = []
      let clock = 0
      for (const { type, clock: start, length } of structs) {
        if (type === 'skip') continue
        const last = ranges.at(-1)
        if (last?.end === start) last.end += length
        else ranges.push({ start, end: start + length, clock })
        clock += length
      }
      this.#clients.set(client, { client: newClientID(client, edits), ranges })
    }
  }

  clientOf(client: number): number {
    return this.#clients.get(client)!.client
  }

  /** The new name of a unit; its old one if it is none of these. */
  idOf({ client, clock }: Id): Id {
    const names = this.#clients.get(client)
    const range = names?.ranges.find(({ start, end }) => start <= clock && clock < end)
    if (names === undefined || range === undefined) return { client, clock }
    return { client: names.client, clock: range.clock + clock - range.start }
  }

  /** Deletions, those of these units under their new names. */
  deletesOf(deletes: IdSet): IdSet {
    const set = new IdSet()
    for (const { client, start, end } of deletes) {
      const names = this.#clients.get(client)
      let at = start
      for (const range of names?.ranges ?? []) {
        const [from, to] = [Math.max(at, range.start), Math.min(end, range.end)]
        if (from >= to) continue
        set.add(client, at, from)
        set.add(names!.client, range.clock + from - range.start, range.clock + to - range.start)
        at = to
      }
      set.add(client, at, end)
    }
    return set
  }
}

interface RenamedRange {
  /** The old clocks, half-open. */
  readonly start: number
  end: number
  /** The new clock of the first. */
  readonly clock: number
}

function renamed(struct: Struct, client: number, names: NewIds): Struct {
  const { clock } = names.idOf({ client, clock: struct.clock })
  if (struct.type !== 'item') return { ...struct, clock }
  const { origin, rightOrigin, parent } = struct
  return {
    ...struct,
    clock,
    origin: origin && names.idOf(origin),
    rightOrigin: rightOrigin && names.idOf(rightOrigin),
    parent: parent?.type === 'item' ? { type: 'item', id: names.idOf(parent.id) } : parent,
  }
}

/**
 * 32 bits that follow from the old client and the first edit that it is in: edits that are refused later do not change them. As
 * likely to be taken as those that documents draw. FNV-1a.
 */
function newClientID(client: number, edits: readonly Uint8Array[]): number {
  const first = edits.find((edit) => [...updateIds(edit).structs].some((range) => range.client === client))
  let hash = 0x811c9dc5
  const mix = (byte: number): void => {
    hash = Math.imul(hash ^ byte, 0x01000193)
  }
  for (let rest = client; rest > 0; rest = Math.floor(rest / 256)) mix(rest % 256)
  for (const byte of first ?? []) mix(byte)
  return hash >>> 0
}
