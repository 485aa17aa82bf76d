/** What a reader of shared types sees, as plain values that `isDeepStrictEqual` compares. */
import { isDeepStrictEqual } from 'node:util'
import type * as Y from 'yjs'
import type { Library } from './library.fixture.ts'

/** A part of a text: characters or one embed, and its attributes. */
export interface PlainPart {
  insert: unknown
  attributes: Record<string, unknown>
}

/** A shared type; `kind` tells which parts it has. */
export type Plain =
  | { kind: 'text' | 'xml text'; parts: PlainPart[]; entries: Record<string, unknown> }
  | { kind: 'array' | 'fragment'; items: unknown[] }
  | { kind: 'element'; name: string; items: unknown[]; entries: Record<string, unknown> }
  | { kind: 'map'; entries: Record<string, unknown> }
  | { kind: 'hook'; name: string; entries: Record<string, unknown> }

/** The value with all shared types in it made plain, to any depth; other values as they are. */
export function plainOf(library: Library, value: unknown): unknown {
  if (value instanceof library.XmlHook)
    return { kind: 'hook', name: value.hookName, entries: entriesOf(library, value) }
  if (value instanceof library.XmlElement) {
    const entries = plainValues(library, Object.entries(value.getAttributes()))
    return { kind: 'element', name: value.nodeName, items: itemsOf(library, value), entries }
  }
  if (value instanceof library.XmlFragment) return { kind: 'fragment', items: itemsOf(library, value) }
  if (value instanceof library.Text) {
    const kind = value instanceof library.XmlText ? 'xml text' : 'text'
    const parts = (value.toDelta() as Partial<PlainPart>[]).map(({ insert, attributes }) => ({
      insert: plainOf(library, insert),
      attributes: attributes ?? {},
    }))
    return { kind, parts, entries: plainValues(library, Object.entries(value.getAttributes())) }
  }
  if (value instanceof library.Array) return { kind: 'array', items: itemsOf(library, value) }
  if (value instanceof library.Map) return { kind: 'map', entries: entriesOf(library, value) }
  if (value instanceof library.Doc) return plainDocument(value)
  return value
}

/** The same of what `toJSON` gives, which has subdocuments and embedded types in it as they are. */
export function plainDeep(library: Library, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((inner) => plainDeep(library, inner))
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) {
    return plainOf(library, value)
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plainDeep(library, inner)]))
}

/** A copy in which characters of a text that have the same attributes are one part, at any depth. */
export function joinedParts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(joinedParts)
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  const copy = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, joinedParts(inner)]))
  return 'parts' in copy && 'kind' in copy ? { ...copy, parts: joined(copy['parts'] as PlainPart[]) } : copy
}

function joined(parts: readonly PlainPart[]): PlainPart[] {
  const result: PlainPart[] = []
  for (const { insert, attributes } of parts) {
    const last = result.at(-1)
    const areBothText = typeof last?.insert === 'string' && typeof insert === 'string'
    if (areBothText && isDeepStrictEqual(last.attributes, attributes)) last.insert = `${last.insert as string}${insert}`
    else result.push({ insert, attributes })
  }
  return result
}

/** Which options of a subdocument travel, and its name. */
function plainDocument(doc: Y.Doc): unknown {
  return { kind: 'document', guid: doc.guid, autoLoad: doc.autoLoad, gc: doc.gc, meta: doc.meta as unknown }
}

/** All root types that fuzzed documents have. */
export function plainRoots(library: Library, doc: Y.Doc): Record<string, unknown> {
  const roots: Record<string, unknown> = {}
  for (const [name, type] of rootTypes(doc)) roots[name] = plainOf(library, type)
  return roots
}

/** By the code that gets them. */
export function rootTypes(doc: Y.Doc): [string, Y.AbstractType<unknown>][] {
  return [
    [`getText('text')`, doc.getText('text') as unknown as Y.AbstractType<unknown>],
    [`getArray('array')`, doc.getArray('array') as unknown as Y.AbstractType<unknown>],
    [`getMap('map')`, doc.getMap('map') as unknown as Y.AbstractType<unknown>],
    [`getXmlFragment('xml')`, doc.getXmlFragment('xml') as unknown as Y.AbstractType<unknown>],
  ]
}

/** Throws with both values if they differ in anything; the order of keys is no difference. */
export function expectAlike(actual: unknown, expected: unknown, what: string): void {
  if (isDeepStrictEqual(actual, expected)) return
  throw new Error(`${what}\n  expected ${shown(expected)}\n  actual   ${shown(actual)}`)
}

/** For failures: one line, with what JSON has no words for. */
export function shown(value: unknown): string {
  const replace = (_: string, inner: unknown): unknown => {
    if (inner === undefined) return '\u00ABundefined\u00BB'
    if (typeof inner === 'bigint') return `${inner}n`
    if (inner instanceof Uint8Array) return `bytes ${hexOfBytes(inner)}`
    if (inner instanceof Map) return { map: [...(inner as Map<unknown, unknown>)] }
    if (inner instanceof Set) return { set: [...(inner as Set<unknown>)] }
    return inner
  }
  return JSON.stringify(value, replace)
}

export function hexOfBytes(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

function itemsOf(library: Library, type: Y.Array<unknown> | Y.XmlFragment): unknown[] {
  return type.toArray().map((item) => plainOf(library, item))
}

function entriesOf(library: Library, map: Y.Map<unknown>): Record<string, unknown> {
  return plainValues(library, map.entries())
}

function plainValues(library: Library, entries: Iterable<[string, unknown]>): Record<string, unknown> {
  const plain: Record<string, unknown> = {}
  for (const [key, value] of entries) plain[key] = plainOf(library, value)
  return plain
}
