/**
 * Forged updates of every kind of content, against everything that reads updates in format v1. All readers agree on what is an
 * update; what is refused changes nothing; what is taken in is kept as the plain unit model says; work is bounded by the input.
 */
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { workOf } from './counted-work.fixture.ts'
import { diffUpdate, withDeletesInOrder } from './diff.ts'
import { ConflictError, DecodeError } from './errors.ts'
import { convertUpdateFormatV1ToV2, convertUpdateFormatV2ToV1 } from './format-v2/convert.ts'
import { updateArbitrary } from './format-v2/updates-v2.fixture.ts'
import { forge, forgedUpdateArbitrary } from './forged-update.fixture.ts'
import { FUZZ_TIMEOUT_MS, fuzz } from './fuzz.fixture.ts'
import { bytesOfHex, goldenUpdates, legacyJsonUpdate } from './golden-updates.fixture.ts'
import { gapsOf } from './gaps.fixture.ts'
import { IdSet, type IdRange } from './id-set.ts'
import { mergeUpdates } from './merge.ts'
import { editsArbitrary, playHistory } from './random-document.fixture.ts'
import { expectSameBytes } from './same-bytes.fixture.ts'
import { agreeOnShared, areSameUnits, contradictionsOf, isUnionOf, unitsFrom, unitsOf } from './unit-model.fixture.ts'
import { encodeStateVectorFromUpdate, updateIds } from './update-ids.ts'
import { UpdateStore, type Added } from './update-store.ts'
import { decodeUpdate, encodeUpdate } from './update.ts'
import { readByYjs } from './yjs-reader.fixture.ts'
import { encodeStateVector } from './state-vector.ts'
import { unitsOf as unitsOfValue } from './update-values.ts'
import { mergeUpdates as mergeStructByStruct } from './yjs-updates.ts'

/** Forged updates per history. */
const CASES_MAX = 100

/** A read steps over a byte at least; structs are read when they are checked, merged and joined, and again to find a place. */
const READS_PER_BYTE = 12
const ALLOCATED_PER_BYTE = 24
const ALLOCATED_AT_LEAST = 8192

const forgedUpdates = fc.array(forgedUpdateArbitrary, { minLength: 1, maxLength: CASES_MAX, size: 'max' })

/** Every part of the format, legacy JSON too, which no history has. */
const goldens = [...goldenUpdates.map(({ hex }) => bytesOfHex(hex)), bytesOfHex(legacyJsonUpdate.hex)]

/** What becomes of an update that is one. */
const tookIn: ReadonlySet<string> = new Set(['taken in', 'nothing new', 'restored', 'in conflict'])

/** What became of the cases; a run that refuses nearly all of them tests little. */
type Outcomes = Map<string, number>
const outcomes: Outcomes = new Map()
const ingested: Outcomes = new Map()
const measured: Outcomes = new Map()

afterAll(() => {
  console.info(`forged updates, read by all and merged: ${summary(outcomes)}`)
  console.info(`forged updates, ingested among others: ${summary(ingested)}`)
  console.info(`forged updates, their work counted: ${summary(measured)}`)
})

describe('a forged update', { timeout: FUZZ_TIMEOUT_MS }, () => {
  test('is refused alike by all that read it, or means the same to all; a store takes it whole, or not at all', () => {
    fc.assert(
      fc.property(
        editsArbitrary(16),
        fc.array(updateArbitrary, { maxLength: 2 }),
        forgedUpdates,
        (edits, wide, all) => {
          const { authored, exchanged } = playHistory(edits)
          const partly = mergeUpdates(authored.filter((_, at) => at % 3 !== 1))
          const known = mergeUpdates(authored)
          // All of it, a part with gaps, and what is left of it where garbage was collected.
          const bases = [known, partly, exchanged.at(-3)!]
          const updates = [...authored, ...exchanged, partly, ...wide.map(encodeUpdate), ...goldens]
          all.forEach((forged, at) => {
            const bytes = forge(updates, forged)
            const stateVector = new Map([...updateIds(known).structs.clients()].map((client) => [client, at % 7]))
            const outcome = readAlike(bytes, stateVector) ?? takenIn(bytes, bases.at(at % bases.length)!)
            if (at % 4 === 0) expectYjsTakes(bytes, known, outcome)
            count(outcomes, outcome)
          })
        },
      ),
      fuzz(),
    )
  })

  test('leaves no trace in a store that refuses it, whatever is taken in afterwards', () => {
    fc.assert(
      fc.property(editsArbitrary(16), forgedUpdates, (edits, all) => {
        const { authored, exchanged } = playHistory(edits)
        const updates = [...authored, ...exchanged, ...goldens]
        let [store, untouched] = [new UpdateStore(), new UpdateStore()]
        all.forEach((forged, at) => {
          // What was forged and taken in makes more and more of what is honest a contradiction.
          if (at % 8 === 0) {
            expectSameStores(store, untouched)
            ;[store, untouched] = [new UpdateStore(), new UpdateStore()]
          }
          const bytes = forge(updates, forged)
          const isUpdate = refusalOf(() => decodeUpdate(bytes))
          const refusal = bothTake(bytes, store, untouched)
          if (isUpdate !== null || refusal instanceof DecodeError) expect(refusal?.message).toBe(isUpdate?.message)
          bothTake(updates.at(at % updates.length)!, store, untouched)
          count(ingested, refusal === null ? 'taken in' : refusal.code)
        })
        expectSameStores(store, untouched)
      }),
      fuzz(4),
    )
  })

  test('costs work in proportion to its length, and to that of what it is merged with', () => {
    fc.assert(
      fc.property(editsArbitrary(16), forgedUpdates, (edits, all) => {
        const { authored, exchanged } = playHistory(edits)
        const known = mergeUpdates(authored)
        const updates = [...authored, ...exchanged, ...goldens]
        for (const forged of all) {
          const bytes = forge(updates, forged)
          expectBounded(bytes.length, () => decodeUpdate(bytes))
          expectBounded(bytes.length, () => updateIds(bytes))
          expectBounded(bytes.length, () => encodeStateVectorFromUpdate(bytes))
          expectBounded(bytes.length, () => diffUpdate(bytes, new Map([[1, 3]])))
          expectBounded(bytes.length, () => convertUpdateFormatV1ToV2(bytes))
          const together = bytes.length + known.length
          count(measured, 'measured')
          expectBounded(together, () => mergeUpdates([known, bytes]))
          const store = UpdateStore.of([known])
          expectBounded(together, () => store.ingest(bytes))
          expectBounded(together, () => store.compact())
        }
      }),
      fuzz(0.5),
    )
  })
})

function count(among: Outcomes, outcome: string): void {
  among.set(outcome, (among.get(outcome) ?? 0) + 1)
}

function summary(counted: Outcomes): string {
  const total = [...counted.values()].reduce((sum, times) => sum + times, 0)
  return [`${total}`, ...[...counted].sort(([, a], [, b]) => b - a).map(([what, times]) => `${times} ${what}`)].join(
    ', ',
  )
}

/** The store takes it in, or refuses it and stays as it is; the other one only hears of what is taken in. */
function bothTake(update: Uint8Array, store: UpdateStore, untouched: UpdateStore): DecodeError | ConflictError | null {
  const before = store.encode()
  const refusal = refusalOf(() => store.ingest(update))
  if (refusal === null) untouched.ingest(update)
  else expectSameBytes(store.encode(), before)
  return refusal
}

function expectSameStores(store: UpdateStore, untouched: UpdateStore): void {
  expectSameBytes(store.encode(), untouched.encode())
  expect(store.byteLength).toBe(untouched.byteLength)
  expect(store.stateVector()).toEqual(untouched.stateVector())
  expect(store.missing().equals(untouched.missing())).toBe(true)
  expect(store.deletes().equals(untouched.deletes())).toBe(true)
  const clients = [...updateIds(store.encode()).structs.clients()]
  for (const clock of [1, 2, 5, 11]) {
    const stateVector = new Map(clients.map((client) => [client, clock]))
    expectSameBytes(store.diff(stateVector), untouched.diff(stateVector))
  }
}

/** Of all who read it alone: the code with which all refuse it, at the same byte; undefined if all take it, for the same. */
function readAlike(bytes: Uint8Array, stateVector: ReadonlyMap<number, number>): string | undefined {
  const refusal = refusalOf(() => decodeUpdate(bytes))
  const readers: (() => unknown)[] = [
    () => updateIds(bytes),
    () => encodeStateVectorFromUpdate(bytes),
    () => diffUpdate(bytes, stateVector),
    () => mergeUpdates([bytes]),
    () => UpdateStore.of([bytes]),
    () => convertUpdateFormatV1ToV2(bytes),
  ]
  if (refusal !== null) {
    expect(refusal).toBeInstanceOf(DecodeError)
    expect((refusal as DecodeError).offset).toBeLessThanOrEqual(bytes.length)
    for (const read of readers) {
      const other = refusalOf(read)
      if (other?.message !== refusal.message) expect(other).toEqual(refusal)
    }
    return refusal.code
  }
  const update = decodeUpdate(bytes)
  const encoded = encodeUpdate(update)
  const merged = mergeUpdates([bytes])
  expectSameBytes(encodeUpdate(decodeUpdate(encoded)), encoded)
  expectSameBytes(mergeUpdates([encoded]), merged)
  expectSameBytes(mergeUpdates([merged]), merged)
  expectSameBytes(mergeStructByStruct([bytes]), merged)
  expectSameBytes(UpdateStore.of([bytes]).encode(), merged)
  const ids = { structs: unitsOfValue(update), deletes: update.deletes }
  for (const same of [encoded, merged]) {
    expect(updateIds(same).structs.equals(ids.structs)).toBe(true)
    expect(updateIds(same).deletes.equals(ids.deletes)).toBe(true)
  }
  expectSameBytes(encodeStateVectorFromUpdate(bytes), encodeStateVector(ids.structs.stateVector()))
  const v2 = convertUpdateFormatV1ToV2(bytes)
  expectSameBytes(convertUpdateFormatV2ToV1(v2), convertUpdateFormatV2ToV1(convertUpdateFormatV1ToV2(encoded)))
  const units = unitsOf(bytes)
  if (units !== null) {
    expect(areSameUnits(unitsOf(merged)!, units)).toBe(true)
    expect(areSameUnits(unitsOf(convertUpdateFormatV2ToV1(v2))!, units)).toBe(true)
    const diff = diffUpdate(bytes, stateVector)
    expect(areSameUnits(unitsOf(diff)!, unitsFrom(bytes, stateVector)!)).toBe(true)
    expectSameBytes(mergeUpdates([UpdateStore.of([bytes]).diff(stateVector)]), mergeUpdates([diff]))
  }
  // What is written is never much longer than what was read: per client a cut struct, per gap a skip.
  expect(encoded.length).toBeLessThanOrEqual(bytes.length)
  expect(merged.length).toBeLessThanOrEqual(bytes.length)
  return undefined
}

/** A store that has `known` takes in what decodes: says what it added, keeps the union, or refuses what contradicts. */
function takenIn(bytes: Uint8Array, known: Uint8Array): string {
  const store = UpdateStore.of([known])
  const before = store.encode()
  const had = updateIds(known)
  const brought = updateIds(bytes)
  const [knownUnits, units] = [unitsOf(known), unitsOf(bytes)]
  const contradictions = knownUnits === null || units === null ? null : contradictionsOf(knownUnits, units)
  let added: Added | undefined
  const refusal = refusalOf(() => void (added = store.ingest(bytes)))
  if (refusal !== null) {
    expect(refusal).toBeInstanceOf(ConflictError)
    expectSameBytes(store.encode(), before)
    expect(store.byteLength).toBe(before.length)
    if (contradictions !== null) expectReported(refusal as ConflictError, contradictions)
    return 'in conflict'
  }
  if (contradictions !== null) expect(contradictions).toEqual([])
  const after = store.encode()
  expectSameBytes(after, mergeUpdates([known, bytes]))
  expectSameBytes(after, mergeStructByStruct([bytes, known]))
  expect(store.byteLength).toBe(after.length)
  const { structs, deletes, restored, gaps } = added!
  expect(listOf(structs)).toEqual([...brought.structs.difference(had.structs)])
  expect(listOf(deletes)).toEqual([...brought.deletes.difference(had.deletes)])
  if (knownUnits !== null && units !== null) {
    const merged = unitsOf(after)
    if (merged !== null) expect(isUnionOf(merged, knownUnits, units)).toBe(true)
  }
  const all = updateIds(after).structs
  expect(store.stateVector()).toEqual(all.stateVector())
  expect(store.missing().equals(gapsOf(all))).toBe(true)
  for (const gap of gaps) expect(gapsOf(all).hasRange(gap.client, gap.start, gap.end)).toBe(true)
  for (const { client, start, end } of restored) expect(had.structs.hasRange(client, start, end)).toBe(true)
  for (const again of [bytes, known, after]) {
    const { structs: newStructs, deletes: newDeletes } = store.ingest(again)
    expect(newStructs.length + newDeletes.length).toBe(0)
  }
  expect(isNothing(UpdateStore.of([after]).ingest(after))).toBe(true)
  expectSameBytes(store.encode(), after)
  store.compact()
  expect(updateIds(store.encode()).structs.equals(all)).toBe(true)
  expectSameBytes(mergeUpdates([store.encode()]), store.encode())
  if (restored.length > 0) return 'restored'
  return structs.length + deletes.length > 0 ? 'taken in' : 'nothing new'
}

/** Each contradiction is in a range that was named, unless there are too many, and each range that was named has one. */
function expectReported({ conflicts }: ConflictError, contradictions: readonly string[]): void {
  const ids = new IdSet()
  for (const id of contradictions) {
    const [client, clock] = id.split(':').map(Number) as [number, number]
    ids.add(client, clock, clock + 1)
  }
  const named = new IdSet()
  for (const { client, start, end, known, incoming } of conflicts) {
    named.add(client, start, end)
    expect(start).toBe(Math.max(known.start, incoming.start))
    expect(end).toBe(Math.min(known.end, incoming.end))
    expect([...ids].some((it) => it.client === client && it.start < end && start < it.end)).toBe(true)
  }
  if (conflicts.length < 16) expect(named.hasAll(ids)).toBe(true)
}

/** What decodes, no Yjs client throws at: not as it came, nor as it was merged; written anew, it is the same to it. */
function expectYjsTakes(given: Uint8Array, known: Uint8Array, outcome: string): void {
  if (!tookIn.has(outcome)) return
  const bytes = withDeletesInOrder(given)
  const orders = [[bytes], [mergeUpdates([known, bytes])]]
  if (agreeOnShared(known, bytes)) orders.push([known, bytes])
  for (const updates of orders) readByYjs(updates)
  const anew = readByYjs([encodeUpdate(decodeUpdate(bytes))])
  // Deletions that wait for their structs, Yjs keeps as they were written.
  expectSameBytes(mergeUpdates([anew]), mergeUpdates([readByYjs([bytes])]))
}

function expectBounded(inputBytes: number, work: () => unknown): void {
  const { reads, allocatedBytes } = workOf(() => refusalOf(work))
  expect(reads).toBeLessThanOrEqual(READS_PER_BYTE * inputBytes + 16)
  expect(allocatedBytes).toBeLessThanOrEqual(ALLOCATED_PER_BYTE * inputBytes + ALLOCATED_AT_LEAST)
}

/** The typed error that is thrown; null if none is. Any other fails the test. */
function refusalOf(attempt: () => unknown): DecodeError | ConflictError | null {
  try {
    attempt()
    return null
  } catch (error) {
    if (error instanceof DecodeError || error instanceof ConflictError) return error
    throw error
  }
}

function isNothing({ structs, deletes, restored }: Added): boolean {
  return structs.length + deletes.length + restored.length === 0
}

function listOf(ranges: readonly IdRange[]): IdRange[] {
  const set = new IdSet()
  for (const { client, start, end } of ranges) set.add(client, start, end)
  return [...set]
}
