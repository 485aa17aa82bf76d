/**
 * Updates in format v2 for differential tests: those that Yjs writes of a random history, damage to them that knows of columns, and
 * updates with the largest IDs there are, which no document would reach.
 */
import fc from 'fast-check'
import * as Y from 'yjs'
import { ByteReader } from '../byte-reader.ts'
import { ByteWriter } from '../byte-writer.ts'
import * as ContentKind from '../content-kind.ts'
import { readContent, type Content } from '../content.ts'
import { IdSet } from '../id-set.ts'
import { damageArbitrary, damaged, type Damage } from '../mutated-update.fixture.ts'
import type { History } from '../random-document.fixture.ts'
import type { Struct } from '../struct.ts'
import type { Update } from '../update.ts'
import { DiffRunsReader, DiffRunsWriter } from './diff-runs.ts'
import { UintRunsReader, UintRunsWriter } from './uint-runs.ts'

/** What Yjs writes in format v2 of a history: emitted updates, states, diffs, merges, with and without gaps, and conversions. */
export function updatesV2Of({ replicas, authored, exchanged }: History): Uint8Array[] {
  const emitted: Uint8Array[] = []
  const reader = new Y.Doc({ gc: false })
  reader.on('updateV2', (update: Uint8Array) => emitted.push(update))
  for (const update of authored) Y.applyUpdate(reader, update)
  const states = replicas.map((doc) => Y.encodeStateAsUpdateV2(doc))
  const halfway = Y.encodeStateVector(Y.decodeStateVector(Y.encodeStateVectorFromUpdate(authored.at(0) ?? empty)))
  const gapped = emitted.filter((_update, at) => at % 3 !== 1)
  return [
    ...emitted,
    ...states,
    ...replicas.map((doc) => Y.encodeStateAsUpdateV2(doc, halfway)),
    Y.mergeUpdatesV2([...emitted]),
    ...(gapped.length > 0 ? [Y.mergeUpdatesV2(gapped)] : []),
    ...states.map((state) => Y.diffUpdateV2(state, halfway)),
    ...exchanged.slice(-4).map(Y.convertUpdateFormatV1ToV2),
  ]
}

const empty = new Uint8Array(2)

export interface ColumnDamage {
  /** Which column, modulo their number; the rest is the last. */
  readonly column: number
  readonly damage: readonly Damage[]
}

/** One byte changed and none added: what keeps the number of values in a column more often than not. */
const slightDamageArbitrary: fc.Arbitrary<Damage[]> = fc
  .record({ kind: fc.constantFrom('flip' as const, 'set' as const), at: fc.nat(), value: fc.nat({ max: 0xffff }) })
  .map((damage) => [damage])

/** Damage to columns, whose lengths are then set right, so that it gets as far as the columns. */
export const columnDamageArbitrary: fc.Arbitrary<ColumnDamage[]> = fc.array(
  fc.record({
    column: fc.nat({ max: 9 }),
    damage: fc.oneof(slightDamageArbitrary, slightDamageArbitrary, damageArbitrary),
  }),
  { minLength: 1, maxLength: 2 },
)

/** The bytes after all changes, as a copy. */
export function damagedColumns(update: Uint8Array, damages: readonly ColumnDamage[]): Uint8Array {
  const parts = columnsOf(update)
  for (const { column, damage } of damages)
    parts[column % parts.length] = damaged(parts.at(column % parts.length)!, damage)
  return updateOfColumns(parts)
}

/** One value of a column of integers replaced by another: what follows it stays, and so does the number of values. */
export interface ValueDamage {
  /** Which of the columns of integers that are not empty, modulo their number. */
  readonly integers: number
  /** Which value, modulo how many there are. */
  readonly at: number
  /** Another value of the column, one more, one less, or this. */
  readonly instead: 'other' | 'more' | 'less' | number
}

export const valueDamageArbitrary: fc.Arbitrary<ValueDamage[]> = fc.array(
  fc.record({
    integers: fc.nat({ max: 5 }),
    at: fc.nat(),
    instead: fc.oneof(fc.constantFrom('other' as const, 'more' as const, 'less' as const), uintArbitrary()),
  }),
  { minLength: 1, maxLength: 3 },
)

/** The columns of integers by their place: numbers of keys and clocks are differences, the others are not. */
const integerColumns = [
  { place: 0, Reader: DiffRunsReader, Writer: DiffRunsWriter },
  { place: 1, Reader: UintRunsReader, Writer: UintRunsWriter },
  { place: 2, Reader: DiffRunsReader, Writer: DiffRunsWriter },
  { place: 3, Reader: DiffRunsReader, Writer: DiffRunsWriter },
  { place: 7, Reader: UintRunsReader, Writer: UintRunsWriter },
  { place: 8, Reader: UintRunsReader, Writer: UintRunsWriter },
] as const

/** The bytes after all changes, as a copy. */
export function damagedValues(update: Uint8Array, damages: readonly ValueDamage[]): Uint8Array {
  const parts = columnsOf(update)
  const filled = integerColumns.filter(({ place }) => parts.at(place)!.length > 0)
  if (filled.length === 0) return update
  for (const { integers, at, instead } of damages) {
    const { place, Reader, Writer } = filled.at(integers % filled.length)!
    const values = valuesOf(parts.at(place)!, Reader)
    const old = values.at(at % values.length)!
    const other = values.at((at + 1) % values.length)!
    const changed = instead === 'other' ? other : instead === 'more' ? old + 1 : instead === 'less' ? old - 1 : instead
    values[at % values.length] = Math.min(Math.max(changed, 0), Number.MAX_SAFE_INTEGER)
    const column = new Writer()
    for (const value of values) column.write(value)
    parts[place] = column.finish()
  }
  return updateOfColumns(parts)
}

function valuesOf(bytes: Uint8Array, Reader: typeof DiffRunsReader | typeof UintRunsReader): number[] {
  const values: number[] = []
  const column = new Reader(new ByteReader(bytes))
  for (;;) {
    try {
      column.end()
      return values
    } catch {
      values.push(column.read())
    }
  }
}

const COLUMNS = 9

/** The nine columns of an update in format v2, and the rest. */
export function columnsOf(update: Uint8Array): Uint8Array[] {
  const reader = new ByteReader(update)
  reader.varUint()
  const parts = Array.from({ length: COLUMNS }, () => reader.lengthPrefixed())
  return [...parts, reader.view(reader.remaining)]
}

/** The opposite of {@link columnsOf}. */
export function updateOfColumns(parts: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter()
  writer.varUint(0)
  for (const part of parts.slice(0, COLUMNS)) writer.lengthPrefixed(part)
  writer.raw(parts.at(COLUMNS)!)
  return writer.finish()
}

/** Integers of every size up to `max`, those around powers of two among them. */
export function uintArbitrary(max: number = Number.MAX_SAFE_INTEGER): fc.Arbitrary<number> {
  const near = fc.tuple(fc.nat({ max: 53 }), fc.integer({ min: -2, max: 2 })).map(([power, off]) => 2 ** power + off)
  return fc.oneof(fc.nat({ max: 3 }), near, fc.maxSafeNat()).map((value) => Math.min(Math.max(value, 0), max))
}

/** Values as updates that hold every part of the format, with clients and clocks of any size. */
export const updateArbitrary: fc.Arbitrary<Update> = fc
  .tuple(
    fc.uniqueArray(fc.tuple(uintArbitrary(), uintArbitrary(2 ** 52), fc.array(structArbitrary(), { minLength: 1 })), {
      selector: ([client]) => client,
      maxLength: 4,
    }),
    fc.array(fc.tuple(uintArbitrary(), uintArbitrary(2 ** 52), fc.integer({ min: 1, max: 9 })), { maxLength: 6 }),
  )
  .map(([lists, ranges]) => {
    const clients = lists.map(([client, first, makers]) => {
      const structs: Struct[] = []
      let clock = first
      for (const make of makers) {
        const struct = make(client, clock)
        structs.push(struct)
        clock += struct.length
      }
      return { client, structs }
    })
    clients.sort((a, b) => b.client - a.client)
    const deletes = new IdSet()
    for (const [client, start, length] of ranges) deletes.add(client, start, start + length)
    return { clients, deletes }
  })

function structArbitrary(): fc.Arbitrary<(client: number, clock: number) => Struct> {
  const id = fc.record({ client: uintArbitrary(), clock: uintArbitrary(Number.MAX_SAFE_INTEGER - 1) })
  const length = fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 2 ** 40 }))
  const gap = fc
    .record({ type: fc.constantFrom('gc' as const, 'skip' as const), length })
    .map((struct) => (_client: number, clock: number) => ({ ...struct, clock }))
  const name = fc.string({ unit: 'binary', maxLength: 4 }).map((text) => new TextEncoder().encode(text))
  const item = fc
    .record({
      origin: fc.option(id),
      rightOrigin: fc.option(id),
      parent: fc.oneof(
        fc.record({ type: fc.constant('root' as const), name }),
        fc.record({ type: fc.constant('item' as const), id }),
      ),
      parentSub: fc.option(name),
      content: contentArbitrary(length),
    })
    .map((given) => (client: number, clock: number): Struct => {
      // A client refers to units of its own only if they came before.
      const known = <T extends { client: number; clock: number }>(it: T | null): T | null =>
        it !== null && it.client === client && it.clock >= clock ? null : it
      const [origin, rightOrigin] = [known(given.origin), known(given.rightOrigin)]
      const root = { type: 'root', name: empty } as const
      const parent = given.parent.type === 'item' && known(given.parent.id) === null ? root : given.parent
      const isFirst = origin === null && rightOrigin === null
      return {
        type: 'item',
        clock,
        length: given.content.length,
        origin,
        rightOrigin,
        parent: isFirst ? parent : null,
        parentSub: isFirst ? given.parentSub : null,
        keyed: isFirst && given.parentSub !== null,
        content: given.content,
      }
    })
  return fc.oneof(gap, item, item, item)
}

function contentArbitrary(length: fc.Arbitrary<number>): fc.Arbitrary<Content> {
  const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 5 })
  // Yjs loses a key `__proto__` whenever it reads a value, and the core does not: `convert.test.ts` has a test of that alone.
  const json = fc
    .json({ noUnicodeString: false, maxDepth: 2 })
    .map((it) => JSON.stringify(JSON.parse(it)))
    .filter((it) => !it.includes('"__proto__":'))
  const made = (kind: number, write: (writer: ByteWriter) => void): Content => {
    const writer = new ByteWriter()
    write(writer)
    return readContent(new ByteReader(writer.finish()), kind)
  }
  return fc.oneof(
    length.map((units) => made(ContentKind.deleted, (it) => it.varUint(units))),
    text.map((it) => made(ContentKind.string, (writer) => writer.string(it))),
    json.map((it) => made(ContentKind.embed, (writer) => writer.string(it))),
    fc.tuple(text, json).map(([key, it]) =>
      made(ContentKind.format, (writer) => {
        writer.string(key)
        writer.string(it)
      }),
    ),
    fc.array(fc.oneof(json, fc.constant('undefined')), { minLength: 1, maxLength: 3 }).map((elements) =>
      made(ContentKind.json, (writer) => {
        writer.varUint(elements.length)
        for (const element of elements) writer.string(element)
      }),
    ),
    fc.uint8Array({ maxLength: 4 }).map((it) => made(ContentKind.binary, (writer) => writer.lengthPrefixed(it))),
    fc.tuple(fc.nat({ max: 6 }), text).map(([reference, name]) =>
      made(ContentKind.type, (writer) => {
        writer.varUint(reference)
        if (reference === 3 || reference === 5) writer.string(name)
      }),
    ),
    fc.array(fc.constantFrom(120, 121, 126, 127), { minLength: 1, maxLength: 3 }).map((tags) =>
      made(ContentKind.any, (writer) => {
        writer.varUint(tags.length)
        writer.raw(Uint8Array.from(tags))
      }),
    ),
  )
}
