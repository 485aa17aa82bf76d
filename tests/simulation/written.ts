/**
 * What was written in one room, by whom, and what became of it: the oracles' own book. It is kept from what documents emit, read by
 * Yjs, and shares nothing with the product.
 */
import { ContentAny, ContentDeleted, ContentString, decodeUpdate, GC, Skip } from 'yjs'
import { BrokenOracle } from './broken-oracle.ts'
import { UnitSet } from './unit-set.ts'

/** Units and deletions of an update. */
export interface Units {
  readonly structs: UnitSet
  readonly deletes: UnitSet
}

export function noUnits(): Units {
  return { structs: new UnitSet(), deletes: new UnitSet() }
}

/** One transaction of somebody, as it was made. */
export interface Edit extends Units {
  readonly number: number
  readonly device: string
  /** The Yjs update. */
  readonly update: Uint8Array
  /** Whether the device was said to have stored it, and had not lost its disk since. */
  storedClaimed: boolean
  ackedClaimed: boolean
}

type Struct = ReturnType<typeof decodeUpdate>['structs'][number]

/** A unit's content, or `undefined` where the update does not have it any more. */
type Content = string | undefined

export class WrittenRoom {
  readonly name: string
  readonly edits: Edit[] = []
  /** All that was ever written and deleted. */
  readonly all: Units = noUnits()
  /** All that the relay's log ever had durably, and what it has now. */
  readonly everDurable: Units = noUnits()
  durable: Units = noUnits()
  readonly #contents = new Map<number, string[]>()
  /** Values of maps: the next value of the key deletes them, on each replica for itself. */
  readonly #values = new UnitSet()

  constructor(name: string) {
    this.name = name
  }

  /** An edit was made. `isValue`: it sets keys of a map, which its bytes do not tell. */
  write(device: string, update: Uint8Array, isValue: boolean): Edit {
    const { structs, ds } = decodeUpdate(update)
    const units = noUnits()
    for (const struct of structs) {
      const { client, clock } = struct.id
      units.structs.add(client, clock, clock + struct.length)
      let contents = this.#contents.get(client)
      if (contents === undefined) this.#contents.set(client, (contents = []))
      for (let offset = 0; offset < struct.length; offset++) contents[clock + offset] = contentOf(struct, offset) ?? ''
      if (isValue) this.#values.add(client, clock, clock + struct.length)
    }
    for (const [client, items] of ds.clients) {
      for (const { clock, len } of items) units.deletes.add(client, clock, clock + len)
    }
    this.all.structs.addAll(units.structs)
    this.all.deletes.addAll(units.deletes)
    const number = this.edits.length + 1
    const edit: Edit = { number, device, update, ...units, storedClaimed: false, ackedClaimed: false }
    this.edits.push(edit)
    return edit
  }

  /** What `update`, found somewhere, holds. Throws `BrokenOracle` when that is not what was written. */
  read(update: Uint8Array, where: string): Units {
    const { structs, ds } = decodeUpdate(update)
    const units = noUnits()
    for (const struct of structs) {
      if (struct instanceof Skip) continue
      const { client, clock } = struct.id
      const end = clock + struct.length
      if (!this.all.structs.hasRange(client, clock, end)) {
        throw new BrokenOracle(
          'nothing-invented',
          `${where} has ${client}:${clock}…${end} of ${this.name}, which nobody wrote`,
        )
      }
      this.#compare(struct, where)
      units.structs.add(client, clock, end)
    }
    for (const [client, items] of ds.clients) {
      for (const { clock, len } of items) {
        for (let unit = clock; unit < clock + len; unit++) this.#assertDeletable(client, unit, where)
        units.deletes.add(client, clock, clock + len)
      }
    }
    return units
  }

  /** The edits of `where` that `units` do not have whole. */
  missing(edit: Units, units: Units): string | undefined {
    const struct = edit.structs.firstMissingIn(units.structs)
    if (struct !== undefined) return `${struct[0]}:${struct[1]}…${struct[2]}`
    const deletion = edit.deletes.firstMissingIn(units.deletes)
    return deletion && `the deletion of ${deletion[0]}:${deletion[1]}…${deletion[2]}`
  }

  #compare(struct: Struct, where: string): void {
    const { client, clock } = struct.id
    const contents = this.#contents.get(client)!
    for (let offset = 0; offset < struct.length; offset++) {
      const found = contentOf(struct, offset)
      const unit = clock + offset
      if (found === undefined) {
        this.#assertDeletable(client, unit, where)
      } else if (found !== contents[unit] && contents[unit] !== '') {
        const wrote = JSON.stringify(contents[unit])
        throw new BrokenOracle(
          'nothing-invented',
          `${where} has ${JSON.stringify(found)} as ${client}:${unit}, which is ${wrote}`,
        )
      }
    }
  }

  #assertDeletable(client: number, clock: number, where: string): void {
    if (this.all.deletes.has(client, clock) || this.#values.has(client, clock)) return
    throw new BrokenOracle(
      'nothing-vanishes',
      `${where} has ${client}:${clock} of ${this.name} deleted, which nobody did`,
    )
  }
}

function contentOf(struct: Struct, offset: number): Content {
  if (struct instanceof GC || struct instanceof Skip) return undefined
  const { content } = struct
  if (content instanceof ContentDeleted) return undefined
  if (content instanceof ContentString) return content.str[offset]
  if (content instanceof ContentAny) return JSON.stringify(content.arr[offset])
  return content.constructor.name
}

/** Adds what `from` has to `to`. */
export function addUnits(to: Units, from: Units): void {
  to.structs.addAll(from.structs)
  to.deletes.addAll(from.deletes)
}
