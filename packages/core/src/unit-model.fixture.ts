/**
 * What updates say, unit by unit: the plainest form of a merged log there is. No runs, no cuts, nothing joined; two updates are
 * merged by looking at each ID alone. Whatever is done with runs must come to the same.
 */
import { isDeepStrictEqual } from 'node:util'
import * as Y from 'yjs'
import { ByteWriter } from './byte-writer.ts'
import * as ContentKind from './content-kind.ts'
import { splitContent, writeContent, type Content } from './content.ts'
import type { Id } from './id.ts'
import { decodeUtf8 } from './text-coding.ts'
import { decodeUpdate, type Update } from './update.ts'
import type { Item, Struct } from './struct.ts'

/** By `client:clock`. */
export type Units = Map<string, Unit>

export interface Unit {
  /** What is left of it: 1 its ID alone, 2 its place, 3 its content. */
  readonly left: 1 | 2 | 3
  /** Its neighbours at insertion and its parent, as text; of nothing but an ID, nothing. */
  readonly place: string
  /** A UTF-16 code unit; null if it is no text. */
  readonly text: number | null
  /** Any other content, of one unit; null if it is text, or dropped. */
  readonly content: Content | null
  /** The same, as text. */
  readonly value: string
}

/** More units than these are not listed: they would be runs without content, whose length anybody may claim. */
export const UNITS_MAX = 4000

/** The units of an update that decodes; null if there are more than {@link UNITS_MAX}. */
export function unitsOf(update: Uint8Array): Units | null {
  const decoded = decodeUpdate(update)
  return lengthOf(decoded) > UNITS_MAX ? null : listed(decoded)
}

/** What of an update a state vector does not have. Half a surrogate pair is U+FFFD. */
export function unitsFrom(update: Uint8Array, stateVector: ReadonlyMap<number, number>): Units | null {
  const units = unitsOf(update)
  if (units === null) return null
  const missing: Units = new Map()
  for (const [id, unit] of units) {
    const { client, clock } = idOf(id)
    const known = stateVector.get(client) ?? 0
    if (clock < known) continue
    const isCut = clock === known && unit.text !== null && isLow(unit.text)
    missing.set(id, isCut ? { ...unit, text: REPLACEMENT, value: textValue(REPLACEMENT) } : unit)
  }
  return missing
}

/** The IDs of which two updates say what cannot both be true. */
export function contradictionsOf(known: Units, incoming: Units): string[] {
  const contradictions: string[] = []
  for (const [id, unit] of incoming) {
    const other = known.get(id)
    if (other !== undefined && contradicts(unit, other)) contradictions.push(id)
  }
  return contradictions
}

/**
 * Whether two updates say the same of every unit that both have; one that has dropped content says less. Whatever else a replica is told
 * of units that it has, Yjs may throw at; see `yjs-quirks.test.ts`. False if there are too many units to tell.
 */
export function agreeOnShared(known: Uint8Array, incoming: Uint8Array): boolean {
  const [units, others] = [unitsOf(known), unitsOf(incoming)]
  if (units === null || others === null) return false
  for (const [id, unit] of others) {
    const other = units.get(id)
    if (other !== undefined && (other.left !== unit.left || contradicts(unit, other))) return false
  }
  return true
}

/**
 * Whether `merged` is what two updates say together, if nothing of it is contradictory. A value that they write differently may be
 * either; a pair of which each has a half may stay U+FFFD.
 */
export function isUnionOf(merged: Units, known: Units, incoming: Units): boolean {
  if (new Set([...known.keys(), ...incoming.keys()]).size !== merged.size) return false
  for (const [id, unit] of merged) {
    const candidates = [known.get(id), incoming.get(id)].filter((it) => it !== undefined)
    const most = Math.max(...candidates.map(({ left }) => left))
    const best = candidates.filter(({ left }) => left === most)
    if (!best.some((it) => it.left === unit.left && it.place === unit.place && it.value === unit.value)) return false
    // A unit that one of them has is not lost.
    if (unit.text === REPLACEMENT && best.some(({ text }) => text !== REPLACEMENT)) return false
  }
  return true
}

/** Whether both list the same; values may be written differently. */
export function areSameUnits(a: Units, b: Units): boolean {
  if (a.size !== b.size) return false
  for (const [id, unit] of a) {
    const other = b.get(id)
    if (other?.left !== unit.left || other.text !== unit.text || contradicts(unit, other)) return false
  }
  return true
}

const REPLACEMENT = 0xfffd

function contradicts(a: Unit, b: Unit): boolean {
  if (a.left !== b.left || a.left === 1) return false
  if (a.place !== b.place) return true
  if (a.left === 2 || a.value === b.value) return false
  if (a.text !== null && b.text !== null) {
    return !((a.text === REPLACEMENT && isHalf(b.text)) || (b.text === REPLACEMENT && isHalf(a.text)))
  }
  if (a.content === null || b.content === null || a.content.kind !== b.content.kind) return true
  return !isDeepStrictEqual(readByYjs(a.content), readByYjs(b.content))
}

/** The value that a Yjs client makes of content of one unit. */
function readByYjs(content: Content): unknown {
  const writer = new ByteWriter()
  // Client 1, from clock 0: one item in the root type `a`.
  for (const value of [1, 1, 1, 0, content.kind, 1]) writer.varUint(value)
  writer.string('a')
  writeContent(writer, content)
  writer.varUint(0)
  const read = (Y.decodeUpdate(writer.finish()).structs.at(0) as Y.Item).content
  if (read instanceof Y.ContentType) {
    const { type } = read
    const name = type instanceof Y.XmlHook ? type.hookName : type instanceof Y.XmlElement ? type.nodeName : ''
    return [type.constructor.name, name]
  }
  if (read instanceof Y.ContentDoc) return [read.doc.guid, read.opts]
  if (read instanceof Y.ContentFormat) return [read.key, read.value]
  return read.getContent()
}

function lengthOf({ clients }: Update): number {
  let length = 0
  for (const { structs } of clients) for (const struct of structs) if (struct.type !== 'skip') length += struct.length
  return length
}

function listed({ clients }: Update): Units {
  const units: Units = new Map()
  for (const { client, structs } of clients) {
    for (const struct of structs) if (struct.type !== 'skip') listStruct(units, client, struct)
  }
  return units
}

function listStruct(units: Units, client: number, struct: Struct): void {
  const parts = struct.type === 'item' ? partsOf(struct.content) : []
  for (let at = 0; at < struct.length; at++) {
    const id = `${client}:${struct.clock + at}`
    if (struct.type !== 'item') units.set(id, { left: 1, place: '', text: null, content: null, value: '' })
    else units.set(id, { ...parts.at(at)!, place: placeOf(client, struct, at) })
  }
}

function placeOf(client: number, item: Item, at: number): string {
  const right = textOfId(item.rightOrigin)
  if (at > 0) return `${client}:${item.clock + at - 1} < ${right}`
  const { parent } = item
  const within = parent === null ? '' : parent.type === 'root' ? decodeUtf8(parent.name) : textOfId(parent.id)
  const key = item.parentSub === null ? '' : ` at ${decodeUtf8(item.parentSub)}`
  return `${textOfId(item.origin)} < ${right}${parent === null ? '' : ` in ${parent.type} ${within}`}${key}`
}

function partsOf(content: Content): Omit<Unit, 'place'>[] {
  const { kind, length, payload } = content
  if (kind === ContentKind.deleted) {
    return Array.from({ length }, () => ({ left: 2, text: null, content: null, value: '' }))
  }
  if (kind === ContentKind.string) {
    const units = decodeUtf8(payload)
    return Array.from({ length }, (_, at) => {
      const text = units.charCodeAt(at)
      return { left: 3, text, content: null, value: textValue(text) }
    })
  }
  const parts: Omit<Unit, 'place'>[] = []
  for (let rest: Content | null = content; rest !== null;) {
    const [first, next]: readonly [Content, Content | null] = rest.length > 1 ? splitContent(rest, 1) : [rest, null]
    parts.push({ left: 3, text: null, content: first, value: `${kind} ${first.payload.join(' ')}` })
    rest = next
  }
  return parts
}

function textValue(unit: number): string {
  return `text ${unit}`
}

function textOfId(id: Id | null): string {
  return id === null ? '' : `${id.client}:${id.clock}`
}

function idOf(id: string): Id {
  const [client, clock] = id.split(':').map(Number) as [number, number]
  return { client, clock }
}

function isHalf(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}

function isLow(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff
}
