/**
 * Forged updates in format v2: forged in v1 and converted, then changed by bytes, by columns and by values, with columns exchanged
 * between updates. All readers agree on what is an update; what is one is the same update in v1, and to Yjs.
 */
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { ByteWriter } from '../byte-writer.ts'
import { workOf } from '../counted-work.fixture.ts'
import { DecodeError } from '../errors.ts'
import { forge, forgedUpdateArbitrary, type ForgedUpdate } from '../forged-update.fixture.ts'
import { FUZZ_TIMEOUT_MS, fuzz } from '../fuzz.fixture.ts'
import { mergeUpdates } from '../merge.ts'
import { damageArbitrary, damaged, isUpdate } from '../mutated-update.fixture.ts'
import { editsArbitrary, playHistory } from '../random-document.fixture.ts'
import { expectSameBytes } from '../same-bytes.fixture.ts'
import { areSameUnits, unitsOf } from '../unit-model.fixture.ts'
import { UpdateStore } from '../update-store.ts'
import { decodeUpdate, encodeUpdate } from '../update.ts'
import { convertUpdateFormatV1ToV2, convertUpdateFormatV2ToV1 } from './convert.ts'
import { goldenUpdatesV2 } from './golden-updates-v2.fixture.ts'
import { decodeUpdateV2, encodeUpdateV2 } from './update-v2.ts'
import {
  columnDamageArbitrary,
  columnsOf,
  damagedColumns,
  damagedValues,
  uintArbitrary,
  updateOfColumns,
  updatesV2Of,
  valueDamageArbitrary,
} from './updates-v2.fixture.ts'
import { bytesOfHex } from '../golden-updates.fixture.ts'

const CASES_MAX = 100

/** Columns unfold into structs that cost no bytes: here into few, so that a case is not all that a run has time for. */
const limit = { unpaidStructsMax: 500 }

/** The place of what is in no column. */
const REST = 9

const READS_PER_BYTE = 24
const ALLOCATED_PER_BYTE = 256
const ALLOCATED_AT_LEAST = 2 ** 17

type Change = (update: Uint8Array, other: Uint8Array) => Uint8Array

/** The ends of a range of 53 bits, which sums of clocks and lengths pass. */
const largest = fc.integer({ min: Number.MAX_SAFE_INTEGER - 2, max: Number.MAX_SAFE_INTEGER })

const changes: fc.Arbitrary<Change> = fc.oneof(
  damageArbitrary.map(
    (damages): Change =>
      (update) =>
        damaged(update, damages),
  ),
  columnDamageArbitrary.map(
    (damages): Change =>
      (update) =>
        damagedColumns(update, damages),
  ),
  valueDamageArbitrary.map(
    (damages): Change =>
      (update) =>
        damagedValues(update, damages),
  ),
  valueDamageArbitrary.map(
    (damages): Change =>
      (update) =>
        damagedValues(update, damages),
  ),
  fc.nat({ max: 9 }).map(
    (column): Change =>
      (update, other) =>
        withColumn(update, column, columnsOf(other)[column]),
  ),
  fc.nat({ max: 9 }).map((column): Change => {
    return (update) => withColumn(update, column, joined(columnsOf(update)[column], columnsOf(update)[column]))
  }),
  fc.tuple(fc.nat(), fc.oneof(uintArbitrary(), largest)).map(
    ([at, value]): Change =>
      (update) =>
        withRestNumber(update, at, value),
  ),
  fc.constant<Change>((update) => update),
)

const cases = fc.array(fc.tuple(forgedUpdateArbitrary, changes), { minLength: 1, maxLength: CASES_MAX, size: 'max' })

const goldens = [...goldenUpdatesV2.values()].map(bytesOfHex)

const outcomes = new Map<string, number>()

afterAll(() => {
  const total = [...outcomes.values()].reduce((sum, count) => sum + count, 0)
  const counts = [...outcomes].sort(([, a], [, b]) => b - a).map(([outcome, count]) => `${count} ${outcome}`)
  console.info(`${total} forged updates in format v2: ${counts.join(', ')}`)
})

describe('a forged update in format v2', { timeout: FUZZ_TIMEOUT_MS }, () => {
  test('is refused alike by all that read it, or is the same update in v1, to the core and to Yjs', () => {
    fc.assert(
      fc.property(editsArbitrary(12), cases, (edits, given) => {
        const history = playHistory(edits)
        const updates = [...history.authored, ...history.exchanged]
        const updatesV2 = [...updatesV2Of(history), ...goldens]
        given.forEach(([forged, change], at) => {
          const bytes = forgeV2(updates, updatesV2, forged, change)
          const outcome = readAlike(bytes)
          if (at % 4 === 0 && outcome === 'accepted') expectSameToYjs(bytes)
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
        })
      }),
      fuzz(),
    )
  })

  test('costs work in proportion to its length, and to what it may unfold to', () => {
    fc.assert(
      fc.property(editsArbitrary(12), cases, (edits, given) => {
        const history = playHistory(edits)
        const updates = [...history.authored, ...history.exchanged]
        const updatesV2 = [...updatesV2Of(history), ...goldens]
        for (const [forged, change] of given) {
          const bytes = forgeV2(updates, updatesV2, forged, change)
          for (const work of [() => decodeUpdateV2(bytes, limit), () => convertUpdateFormatV2ToV1(bytes, limit)]) {
            const { reads, allocatedBytes } = workOf(() => refusalOf(work))
            expect(reads).toBeLessThanOrEqual(READS_PER_BYTE * (bytes.length + limit.unpaidStructsMax))
            expect(allocatedBytes).toBeLessThanOrEqual(ALLOCATED_PER_BYTE * bytes.length + ALLOCATED_AT_LEAST)
          }
        }
      }),
      fuzz(0.5),
    )
  })
})

/** Forged in v1 where that still decodes, and then changed; or one of Yjs's own, changed. */
function forgeV2(
  updates: readonly Uint8Array[],
  updatesV2: readonly Uint8Array[],
  forged: ForgedUpdate,
  change: Change,
): Uint8Array {
  const other = updatesV2.at(forged.with % updatesV2.length)!
  const v1 = forge(updates, forged)
  const v2 = isUpdate(v1) ? convertUpdateFormatV1ToV2(v1) : updatesV2.at(forged.of % updatesV2.length)!
  return change(v2, other)
}

/** The code with which all refuse it, or `accepted`. */
function readAlike(bytes: Uint8Array): string {
  const refusal = refusalOf(() => decodeUpdateV2(bytes, limit))
  expect(refusalOf(() => convertUpdateFormatV2ToV1(bytes, limit))?.message).toBe(refusal?.message)
  if (refusal !== null) {
    expect(refusal.offset).toBeLessThanOrEqual(bytes.length)
    return refusal.code
  }
  const update = decodeUpdateV2(bytes, limit)
  const v1 = encodeUpdate(update)
  const v2 = encodeUpdateV2(update)
  expectSameBytes(encodeUpdate(decodeUpdate(v1)), v1)
  expectSameBytes(encodeUpdate(decodeUpdateV2(v2, limit)), v1)
  expectSameBytes(encodeUpdateV2(decodeUpdateV2(v2, limit)), v2)
  expectSameBytes(encodeUpdateV2(decodeUpdate(v1)), v2)
  const converted = convertUpdateFormatV2ToV1(bytes, limit)
  expectSameBytes(UpdateStore.of([converted]).encode(), mergeUpdates([converted]))
  const [units, convertedUnits] = [unitsOf(v1), unitsOf(converted)]
  if (units !== null && convertedUnits !== null) expect(areSameUnits(convertedUnits, units)).toBe(true)
  return 'accepted'
}

function expectSameToYjs(bytes: Uint8Array): void {
  const [before, after] = [new Y.Doc(), new Y.Doc()]
  Y.applyUpdateV2(before, areDeletesInOrder(bytes) ? bytes : encodeUpdateV2(decodeUpdateV2(bytes, limit)))
  Y.applyUpdate(after, convertUpdateFormatV2ToV1(bytes, limit))
  expectSameBytes(Y.encodeStateVector(after), Y.encodeStateVector(before))
  // Deletions that wait for their structs, Yjs keeps as they were written.
  expectSameBytes(mergeUpdates([Y.encodeStateAsUpdate(after)]), mergeUpdates([Y.encodeStateAsUpdate(before)]))
}

/** Of a client that is listed twice they may not be; see yjs-quirks.test.ts for what Yjs makes of that. */
function areDeletesInOrder(updateV2: Uint8Array): boolean {
  const lists = [...Y.decodeUpdateV2(updateV2).ds.clients.values()]
  return lists.every((ranges) =>
    ranges.every(({ clock }, at) => at === 0 || clock > ranges.at(at - 1)!.clock + ranges.at(at - 1)!.len),
  )
}

function withColumn(update: Uint8Array, column: number, bytes: Uint8Array | undefined): Uint8Array {
  const parts = columnsOf(update)
  parts[column] = bytes!
  return updateOfColumns(parts)
}

/** One of the numbers of the rest replaced: counts, first clocks, deletions. Content there is taken for numbers too. */
function withRestNumber(update: Uint8Array, at: number, value: number): Uint8Array {
  const rest = columnsOf(update).at(REST)!
  const starts = [...rest.keys()].filter((offset) => offset === 0 || rest.at(offset - 1)! < 0x80)
  const start = starts.at(at % starts.length)!
  const end = starts.find((offset) => offset > start) ?? rest.length
  const writer = new ByteWriter()
  writer.raw(rest.subarray(0, start))
  writer.varUint(value)
  writer.raw(rest.subarray(end))
  return withColumn(update, REST, writer.finish())
}

function joined(first: Uint8Array | undefined, second: Uint8Array | undefined): Uint8Array {
  return Uint8Array.of(...first!, ...second!)
}

function refusalOf(attempt: () => unknown): DecodeError | null {
  try {
    attempt()
    return null
  } catch (error) {
    if (error instanceof DecodeError) return error
    throw error
  }
}
