/**
 * Forged and damaged updates, to a replica: one that is refused leaves it as it was and tells nobody; one that is taken leaves a document
 * that can be read, edited, encoded and loaded again. The work is in proportion to the bytes.
 */
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type * as Y from 'yjs'
import { workOf } from '../../counted-work.fixture.ts'
import { DecodeError } from '../../errors.ts'
import { forge, forgedUpdateArbitrary, type ForgedUpdate } from '../../forged-update.fixture.ts'
import { convertUpdateFormatV1ToV2 } from '../../format-v2/convert.ts'
import { FUZZ_TIMEOUT_MS, fuzz } from '../../fuzz.fixture.ts'
import { bytesOfHex, goldenUpdates } from '../../golden-updates.fixture.ts'
import { damageArbitrary, damaged, type Damage } from '../../mutated-update.fixture.ts'
import { editsArbitrary, playHistory } from '../../random-document.fixture.ts'
import { decodeUpdate } from '../../update.ts'
import { subject } from './library.fixture.ts'
import { hexOfBytes, plainRoots } from './plain.fixture.ts'

const goldens = goldenUpdates.map(({ hex }) => bytesOfHex(hex))

/** Many a history, since making one costs more than forging of it. */
const forgedUpdates = fc.array(forgedUpdateArbitrary, { minLength: 24, maxLength: 24 })

/** Reads of numbers and bytes a byte of input, and of the state of the document: each struct is read at most twice, a pending one thrice. */
const READS_PER_BYTE = 8

const outcomes = new Map<string, number>()

afterAll(() => console.info([...outcomes].map(([outcome, times]) => `${times} ${outcome}`).join(', ')))

describe('a forged update', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const histories = fc.tuple(editsArbitrary(16), forgedUpdates, damageArbitrary)

  test('leaves no trace if it is refused, and a whole document if it is taken', () => {
    const property = fc.property(histories, ([edits, all, damage]) => {
      const { authored, exchanged } = playHistory(edits)
      const updates = [...authored, ...exchanged, ...goldens]
      let doc = documentOf(authored)
      all.forEach((forged: ForgedUpdate, at) => {
        // What was forged and taken changes the document for good.
        if (at % 6 === 0) doc = documentOf(authored)
        const v1 = at % 5 === 4 ? damaged(updates.at(at % updates.length)!, damage) : forge(updates, forged)
        const v2 = at % 3 === 2 ? inV2(v1, damage) : null
        take(doc, v2 ?? v1, v2 !== null)
        if (at % 6 === 5) expectWhole(doc, authored)
      })
    })
    fc.assert(property, fuzz())
  })

  test('costs work in proportion to its length, and to that of what waits in the document', () => {
    const property = fc.property(histories, ([edits, all]) => {
      const { authored, exchanged } = playHistory(edits)
      const updates = [...authored, ...exchanged, ...goldens]
      const known = authored.reduce((sum, { length }) => sum + length, 0)
      for (const forged of all) {
        const bytes = forge(updates, forged)
        const doc = documentOf(authored)
        const { reads, allocatedBytes } = workOf(() => void refusalOf(() => subject.applyUpdate(doc, bytes)))
        expect(reads).toBeLessThanOrEqual(READS_PER_BYTE * (bytes.length + known) + 64)
        expect(allocatedBytes).toBeLessThanOrEqual(64 * (bytes.length + known) + 65_536)
      }
    })
    fc.assert(property, fuzz(0.3))
  })
})

/** Tells what became of it. */
function take(doc: Y.Doc, bytes: Uint8Array, isV2: boolean): void {
  const before = stateOf(doc)
  let told = 0
  const count = (): number => told++
  doc.on('update', count)
  const apply = isV2 ? subject.applyUpdateV2 : subject.applyUpdate
  const refusal = refusalOf(() => apply(doc, bytes, 'forger'))
  doc.off('update', count)
  const outcome = refusal === null ? 'taken' : refusal.code
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  if (refusal !== null) {
    expect(told).toBe(0)
    expect(stateOf(doc)).toBe(before)
  }
}

/** It can be read and edited; what it encodes is a document of the same units. */
function expectWhole(doc: Y.Doc, honest: readonly Uint8Array[]): void {
  for (const update of honest) subject.applyUpdate(doc, update)
  plainRoots(subject, doc)
  doc.getText('text').insert(0, 'on top')
  doc.getMap('map').set('k', 1)
  doc.getArray('array').insert(doc.getArray('array').length, [1])
  const encoded = subject.encodeStateAsUpdate(doc)
  decodeUpdate(encoded)
  expect(doc.getText('text').toJSON().startsWith('on top')).toBe(true)
  // Where forged neighbours contradict each other, the order of what is between them depends on what came first.
  const copy = documentOf([encoded])
  plainRoots(subject, copy)
  const loaded = clocksOf(copy)
  for (const [client, clock] of clocksOf(doc)) expect(loaded.get(client)).toBeGreaterThanOrEqual(clock)
}

function clocksOf(doc: Y.Doc): Map<number, number> {
  return subject.decodeStateVector(subject.encodeStateVector(doc))
}

function documentOf(updates: readonly Uint8Array[]): Y.Doc {
  const doc = new subject.Doc({ gc: true, guid: 'replica' })
  doc.clientID = 99
  subject.transact(doc, () => {
    for (const update of updates) subject.applyUpdate(doc, update)
  })
  return doc
}

function stateOf(doc: Y.Doc): string {
  return `${hexOfBytes(subject.encodeStateAsUpdate(doc))} ${hexOfBytes(subject.encodeStateVector(doc))}`
}

/** The same in format v2, damaged now and then; null if it is no update. */
function inV2(v1: Uint8Array, damage: readonly Damage[]): Uint8Array | null {
  try {
    const v2 = convertUpdateFormatV1ToV2(v1)
    return damage.length === 4 ? damaged(v2, damage) : v2
  } catch {
    return null
  }
}

/** The typed error that is thrown; null if none is. Any other fails the test. */
function refusalOf(attempt: () => unknown): DecodeError | null {
  try {
    attempt()
    return null
  } catch (error) {
    if (error instanceof DecodeError) return error
    throw error
  }
}
