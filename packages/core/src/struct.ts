/**
 * Structs, the elements of an update: an item is a run of content placed between its origins; a GC run stands for units whose
 * parent was deleted, so that nothing but their IDs is left; a skip stands for units that the update does not have.
 *
 *     info              bits 0–4 content kind (0 GC, 10 skip) · 0x20 parentSub · 0x40 right origin · 0x80 origin
 *     GC, skip          length
 *     item              [origin] [right origin] [parent [parentSub]] content
 *     parent            1, name of a root type · 0, ID of the item that holds the type
 *
 * The parent is written only where both origins are absent; otherwise it is the neighbour's. A struct does not repeat its
 * client and clock: the first clock stands at the head of the client's list, and the structs follow each other without gaps.
 */
import * as Info from './struct-info.ts'
import type { ByteReader } from './byte-reader.ts'
import type { ByteWriter } from './byte-writer.ts'
import { isJoinable, isOfValues, joinContents, splitContent, writeContent, type Content } from './content.ts'
import { sameId, type Id } from './id.ts'

export interface Gc {
  readonly type: 'gc'
  readonly clock: number
  readonly length: number
}

export interface Skip {
  readonly type: 'skip'
  readonly clock: number
  readonly length: number
}

export interface Item {
  readonly type: 'item'
  readonly clock: number
  /** In units; the length of the content. */
  readonly length: number
  /** The unit that was to the left at insertion. */
  readonly origin: Id | null
  /** The unit that was to the right. */
  readonly rightOrigin: Id | null
  /** Where the item lives; null exactly when there is an origin on either side to take it from. */
  readonly parent: Parent | null
  /** UTF-8 of the key under which the item stands in its parent; only beside a parent. */
  readonly parentSub: Uint8Array | null
  /** The parentSub bit: set wherever there is a key. Beside an origin it is a mere hint, which Yjs writes and ignores. */
  readonly keyed: boolean
  readonly content: Content
}

export type Struct = Gc | Skip | Item

/** A root type, by the UTF-8 of its name, or the shared type that an item holds. */
export type Parent = { readonly type: 'root'; readonly name: Uint8Array } | { readonly type: 'item'; readonly id: Id }

/** Writes a struct; `StructScan` reads it. */
export function writeStruct(writer: ByteWriter, struct: Struct): void {
  if (struct.type !== 'item') {
    writer.uint8(struct.type === 'gc' ? Info.gc : Info.skip)
    writer.varUint(struct.length)
    return
  }
  const { origin, rightOrigin, parent, parentSub, keyed, content } = struct
  writer.uint8(
    content.kind |
      (keyed ? Info.parentSub : 0) |
      (rightOrigin === null ? 0 : Info.rightOrigin) |
      (origin === null ? 0 : Info.origin),
  )
  if (origin !== null) writeId(writer, origin)
  if (rightOrigin !== null) writeId(writer, rightOrigin)
  if (parent !== null) {
    if (parent.type === 'root') {
      writer.varUint(1)
      writer.lengthPrefixed(parent.name)
    } else {
      writer.varUint(0)
      writeId(writer, parent.id)
    }
    if (parentSub !== null) writer.lengthPrefixed(parentSub)
  }
  writeContent(writer, content)
}

/** The clock after the last unit. */
export function endOf(struct: Struct): number {
  return struct.clock + struct.length
}

/**
 * The first `units` of a struct of `client` and the rest; `units` is in 1 … length − 1. The rest of an item has the unit before
 * it as its origin, keeps the right origin, and needs no parent.
 */
export function splitStruct(client: number, struct: Struct, units: number): readonly [Struct, Struct] {
  const clock = struct.clock + units
  const length = struct.length - units
  if (struct.type !== 'item') {
    return [
      { type: struct.type, clock: struct.clock, length: units },
      { type: struct.type, clock, length },
    ]
  }
  const [first, rest] = splitContent(struct.content, units)
  return [
    { ...struct, length: units, content: first },
    {
      type: 'item',
      clock,
      length,
      origin: { client, clock: clock - 1 },
      rightOrigin: struct.rightOrigin,
      parent: null,
      parentSub: null,
      keyed: struct.keyed,
      content: rest,
    },
  ]
}

/**
 * Whether a struct of this kind is joined to the one before it only where it was cut from it. So are values under a key: each deletes the one before it where it is
 * integrated, and a run of them does not.
 */
export function standsAlone(kind: number, keyed: boolean): boolean {
  return keyed && isOfValues(kind)
}

/**
 * Whether `right` is what would be left of a longer struct if it was split after `left`. Then the two and their join are the
 * same to every replica, unless `right` stands alone: it splits the join where somebody inserted between them.
 */
export function areJoinable(client: number, left: Struct, right: Struct): boolean {
  if (left.clock + left.length !== right.clock || left.type !== right.type) return false
  if (left.type !== 'item' || right.type !== 'item') return true
  return (
    left.content.kind === right.content.kind &&
    isJoinable(left.content.kind) &&
    right.origin !== null &&
    right.origin.client === client &&
    right.origin.clock === right.clock - 1 &&
    left.keyed === right.keyed &&
    sameId(left.rightOrigin, right.rightOrigin)
  )
}

/** One struct of several of which each is joinable to the next. */
export function joinStructs(structs: readonly Struct[]): Struct {
  const first = structs[0]!
  if (structs.length === 1) return first
  const last = structs[structs.length - 1]!
  const length = last.clock + last.length - first.clock
  if (first.type !== 'item') return { type: first.type, clock: first.clock, length }
  return { ...first, length, content: joinContents(structs.map((struct) => (struct as Item).content)) }
}

/** Structs of a client in the order of their clocks, with a skip wherever one does not begin where the last ended. */
export function withSkips(structs: readonly Struct[]): Struct[] {
  const filled: Struct[] = []
  let end = structs[0]?.clock ?? 0
  for (const struct of structs) {
    if (struct.clock > end) filled.push({ type: 'skip', clock: end, length: struct.clock - end })
    filled.push(struct)
    end = endOf(struct)
  }
  return filled
}

/** Fails for a struct without units, or one that ends at a clock which cannot be written. */
export function checkLength(reader: ByteReader, start: number, clock: number, length: number): void {
  if (length === 0) reader.fail('invalid-value', 'struct without units', start)
  if (length > Number.MAX_SAFE_INTEGER - clock) reader.fail('integer-overflow', 'struct ends above 2^53 − 1', start)
}

/** A client only builds on units of its own that came before; Yjs looks those up without checking. */
export function failReference(reader: ByteReader, clock: number, referred: number, offset: number): never {
  return reader.fail('invalid-value', `unit ${clock} refers to the later unit ${referred} of its client`, offset)
}

function writeId(writer: ByteWriter, id: Id): void {
  writer.varUint(id.client)
  writer.varUint(id.clock)
}
