import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { NESTING_DEPTH_MAX } from './any.ts'
import { ByteWriter } from './byte-writer.ts'
import * as ContentKind from './content-kind.ts'
import { diffUpdate, withDeletesInOrder } from './diff.ts'
import { DecodeError, type DecodeErrorCode } from './errors.ts'
import { FUZZ_TIMEOUT_MS, fuzz } from './fuzz.fixture.ts'
import { bytesOfHex, goldenUpdates, hexOf, legacyJsonUpdate } from './golden-updates.fixture.ts'
import { mergeUpdates } from './merge.ts'
import { damageArbitrary, damaged } from './mutated-update.fixture.ts'
import { editsArbitrary, playHistory } from './random-document.fixture.ts'
import { agreeOnShared } from './unit-model.fixture.ts'
import { readByYjs } from './yjs-reader.fixture.ts'
import { decodeUpdate, emptyUpdate, encodeUpdate, isEmptyUpdate, type Update } from './update.ts'

describe('golden bytes', () => {
  for (const { name, make, hex, structs, deletes } of goldenUpdates) {
    test(`${name}: read, and written again to the byte`, () => {
      const update = decodeUpdate(bytesOfHex(hex))
      expect(summary(update)).toEqual(structs)
      expect([...update.deletes].map(({ client, start, end }) => [client, start, end])).toEqual(deletes)
      expect(hexOf(encodeUpdate(update))).toBe(hex)
    })

    test(`${name}: the installed Yjs still writes these bytes`, () => expect(hexOf(make())).toBe(hex))
  }

  test('legacy JSON content, which Yjs only reads', () => {
    const bytes = bytesOfHex(legacyJsonUpdate.hex)
    expect(summary(decodeUpdate(bytes))).toEqual(['json 3'])
    expect(hexOf(encodeUpdate(decodeUpdate(bytes)))).toBe(legacyJsonUpdate.hex)
    for (let clock = 0; clock < 3; clock++) {
      const doc = new Y.Doc()
      Y.applyUpdate(doc, mergeUpdates([diffUpdate(bytes, new Map([[1, clock]])), bytes]))
      expect(doc.getArray('array').toArray()).toEqual(legacyJsonUpdate.array)
    }
  })
})

describe('decodeUpdate', { timeout: FUZZ_TIMEOUT_MS }, () => {
  test('is undone by encodeUpdate, to the byte, for everything that Yjs writes', () => {
    fc.assert(
      fc.property(editsArbitrary(40), (edits) => {
        const { authored, exchanged } = playHistory(edits)
        for (const bytes of [...authored, ...exchanged, Y.mergeUpdates([...authored])]) {
          expect(encodeUpdate(decodeUpdate(bytes))).toEqual(bytes)
        }
      }),
      fuzz(),
    )
  })

  test('gives a value or throws DecodeError, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        decodedOrRefused(bytes)
      }),
      fuzz(20),
    )
  })

  test('gives a value that can be written, merged and cut, or throws DecodeError, for any damage to an update', () => {
    fc.assert(
      fc.property(editsArbitrary(12), fc.array(damageArbitrary, { minLength: 20, maxLength: 20 }), (edits, damages) => {
        const { authored, exchanged } = playHistory(edits)
        const whole = exchanged.at(-1)!
        damages.forEach((damage, at) => {
          const bytes = damaged([...authored, whole].at(at % (authored.length + 1))!, damage)
          const update = decodedOrRefused(bytes)
          if (update === undefined) return
          const encoded = encodeUpdate(update)
          expect(encodeUpdate(decodeUpdate(encoded))).toEqual(encoded)
          expect(summary(decodeUpdate(encoded)).sort()).toEqual(summary(update).sort())
          // The damage may claim IDs of the whole one with other content: then grouping may matter, but order may not.
          const merged = mergeUpdates([bytes, whole])
          expect(mergeUpdates([whole, bytes, whole])).toEqual(merged)
          expect(mergeUpdates([merged])).toEqual(merged)
          decodeUpdate(diffUpdate(bytes, new Map(update.clients.map(({ client }) => [client, 1]))))
        })
      }),
      fuzz(),
    )
  })

  test('refuses whatever would make a Yjs client throw', () => {
    fc.assert(
      fc.property(editsArbitrary(12), fc.array(damageArbitrary, { minLength: 20, maxLength: 20 }), (edits, damages) => {
        const { authored, exchanged } = playHistory(edits)
        const whole = exchanged.at(-1)!
        damages.forEach((damage, at) => {
          const given = damaged([...authored, whole].at(at % (authored.length + 1))!, damage)
          if (decodedOrRefused(given) === undefined) return
          const bytes = withDeletesInOrder(given)
          readByYjs([bytes])
          if (agreeOnShared(whole, bytes)) readByYjs([whole, bytes])
        })
      }),
      fuzz(),
    )
  })

  test('refuses every proper beginning of an update', () => {
    for (const { hex } of goldenUpdates) {
      const bytes = bytesOfHex(hex)
      for (let end = 0; end < bytes.length; end++)
        expect(() => decodeUpdate(bytes.subarray(0, end))).toThrow(DecodeError)
    }
  })

  test.each<[string, DecodeErrorCode, number, number[]]>([
    ['bytes after the end', 'trailing-bytes', 2, [0, 0, 0]],
    ['more clients than bytes', 'unexpected-end', 0, [0xff, 0xff, 0xff, 0x7f, 0]],
    ['more structs than bytes', 'unexpected-end', 1, [1, 0xff, 0xff, 0xff, 0x7f, 1, 0, 0, 1, 0]],
    ['a client without structs', 'invalid-value', 1, [1, 0, 1, 0, 0, 0, 0, 0]],
    ['a client twice', 'invalid-value', 6, [2, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 0]],
    ['an empty GC run', 'invalid-value', 4, [1, 1, 1, 0, 0, 0, 0]],
    ['an empty skip', 'invalid-value', 4, [1, 1, 1, 0, 10, 0, 0]],
    ['a GC run with flags', 'unknown-tag', 4, [1, 1, 1, 0, 0x80, 1, 0]],
    ['a skip with flags', 'unknown-tag', 4, [1, 1, 1, 0, 0x8a, 1, 0]],
    ['content of an unknown kind', 'unknown-tag', 8, item(11, [])],
    ['a parent that is neither name nor ID', 'unknown-tag', 5, [1, 1, 1, 0, 4, 2, 1, 97, 1, 97, 0]],
    ['an origin in the future of its client', 'invalid-value', 5, [1, 1, 1, 5, 0x84, 1, 5, 1, 97, 0]],
    ['a right origin in the future of its client', 'invalid-value', 5, [1, 1, 1, 5, 0x44, 1, 6, 1, 97, 0]],
    ['a parent in the future of its client', 'invalid-value', 6, [1, 1, 1, 0, 4, 0, 1, 0, 1, 97, 0]],
    ['deleted content without units', 'invalid-value', 8, item(1, [0])],
    ['JSON without elements', 'invalid-value', 8, item(2, [0])],
    ['JSON that is none', 'invalid-value', 9, item(2, [1, 1, 0x7b])],
    ['an empty string', 'invalid-value', 8, item(4, [0])],
    ['a string that is not UTF-8', 'invalid-utf8', 8, item(4, [2, 0xc0, 0x80])],
    ['a string with half a surrogate pair', 'invalid-utf8', 8, item(4, [3, 0xed, 0xa0, 0x80])],
    ['an embed that is not JSON', 'invalid-value', 8, item(5, [9, ...ascii('undefined')])],
    ['a format whose value is not JSON', 'invalid-value', 10, item(6, [1, 98, 1, 0x2c])],
    ['a shared type that nobody knows', 'unknown-tag', 8, item(7, [7])],
    ['any without elements', 'invalid-value', 8, item(8, [0])],
    ['more elements than bytes', 'unexpected-end', 8, item(8, [0xff, 0xff, 0x7f, 127])],
    ['a value of an unknown type', 'unknown-tag', 9, item(8, [1, 115])],
    ['a value of a type above the table', 'unknown-tag', 9, item(8, [1, 128])],
    ['more entries of an object than bytes', 'unexpected-end', 10, item(8, [1, 118, 0xff, 0x7f])],
    ['a subdocument whose options are null', 'invalid-value', 10, item(9, [1, 97, 126])],
    [
      'a subdocument with an option that Yjs calls',
      'invalid-value',
      12,
      item(9, [1, 97, 118, 1, 8, ...ascii('gcFilter'), 120]),
    ],
    ['a subdocument with a second guid', 'invalid-value', 12, item(9, [1, 97, 118, 1, 4, ...ascii('guid'), 126])],
    [
      'a clock above 2^53 − 1',
      'integer-overflow',
      3,
      [1, 1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x1f, 0, 1, 0],
    ],
    [
      'a run that ends above 2^53 − 1',
      'integer-overflow',
      11,
      [1, 1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 1, 0],
    ],
    ['deletions without units, at which Yjs throws', 'invalid-value', 4, [0, 1, 1, 1, 5, 0]],
    [
      'deletions that end above 2^53 − 1',
      'integer-overflow',
      4,
      [0, 1, 1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 1],
    ],
  ])('refuses %s', (_what, code, offset, bytes) => {
    const error = refusal(Uint8Array.from(bytes))
    expect(error).toMatchObject({ code, offset })
  })

  test.each([
    ['any', (depth: number) => item(8, [1, ...Array.from({ length: depth }, () => [117, 1]).flat(), 126])],
    [
      'objects in any',
      (depth: number) => item(8, [1, ...Array.from({ length: depth }, () => [118, 1, 0]).flat(), 126]),
    ],
    ['JSON', (depth: number) => json('['.repeat(depth) + ']'.repeat(depth))],
    ['objects in JSON', (depth: number) => json('{"[":'.repeat(depth) + '1' + '}'.repeat(depth))],
  ])('accepts nesting in %s up to its limit, and refuses more, however deep', (_what, nested) => {
    expect(summary(decodeUpdate(Uint8Array.from(nested(NESTING_DEPTH_MAX))))).toHaveLength(1)
    for (const depth of [NESTING_DEPTH_MAX + 1, 200_000]) {
      expect(refusal(Uint8Array.from(nested(depth)))?.code).toBe('limit-exceeded')
    }
  })

  test('counts brackets inside of JSON strings as text', () => {
    const text = `"${'[{'.repeat(NESTING_DEPTH_MAX)}\\"["`
    expect(summary(decodeUpdate(Uint8Array.from(json(text))))).toEqual(['embed 1'])
  })

  test('takes a view of its input for content, and copies nothing', () => {
    const bytes = Uint8Array.from(item(4, [2, 97, 98]))
    const struct = decodeUpdate(bytes).clients[0]?.structs[0]
    expect(struct?.type === 'item' && struct.content.payload.buffer).toBe(bytes.buffer)
  })
})

test('the empty update is empty, and every merge of nothing is it', () => {
  expect(isEmptyUpdate(emptyUpdate())).toBe(true)
  expect(isEmptyUpdate(Uint8Array.of(0))).toBe(false)
  expect(isEmptyUpdate(Uint8Array.of(0, 1))).toBe(false)
  expect(mergeUpdates([])).toEqual(emptyUpdate())
  expect(mergeUpdates([emptyUpdate(), emptyUpdate()])).toEqual(emptyUpdate())
  expect(decodeUpdate(emptyUpdate()).clients).toEqual([])
})

/** One item of client 1 in the root type `a`; its content starts at byte 8. */
function item(kind: number, content: readonly number[]): number[] {
  return [1, 1, 1, 0, kind, 1, 1, 97, ...content, 0]
}

/** An update with one embed. */
function json(text: string): number[] {
  const writer = new ByteWriter()
  writer.string(text)
  return item(ContentKind.embed, [...writer.finish()])
}

function ascii(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0))
}

/** The decoded update; undefined if it was refused as it should be. Anything else that is thrown fails the test. */
function decodedOrRefused(bytes: Uint8Array): Update | undefined {
  try {
    return decodeUpdate(bytes)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    expect(error.offset).toBeGreaterThanOrEqual(0)
    expect(error.offset).toBeLessThanOrEqual(bytes.length)
    return undefined
  }
}

function refusal(bytes: Uint8Array): DecodeError | undefined {
  try {
    decodeUpdate(bytes)
    return undefined
  } catch (error) {
    if (error instanceof DecodeError) return error
    throw error
  }
}

const kindNames = new Map<number, string>(Object.entries(ContentKind).map(([name, kind]) => [kind, name]))

/** The structs, each as its type or kind of content and its length. */
function summary(update: Update): string[] {
  return update.clients.flatMap(({ structs }) =>
    structs.map((struct) => {
      const name = struct.type === 'item' ? kindNames.get(struct.content.kind) : struct.type
      return `${name} ${struct.length}`
    }),
  )
}
