import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { DecodeError } from '../errors.ts'
import { FUZZ_TIMEOUT_MS, fuzz } from '../fuzz.fixture.ts'
import { bytesOfHex, hexOf, legacyJsonUpdate } from '../golden-updates.fixture.ts'
import { editsArbitrary, playHistory, replicaOf, visible } from '../random-document.fixture.ts'
import { encodeUpdate } from '../update.ts'
import { convertUpdateFormatV1ToV2, convertUpdateFormatV2ToV1 } from './convert.ts'
import { decodeUpdateV2, encodeUpdateV2 } from './update-v2.ts'
import { updateArbitrary, updatesV2Of } from './updates-v2.fixture.ts'

describe('conversion', { timeout: FUZZ_TIMEOUT_MS }, () => {
  test('from v1 to v2 is that of Yjs, to the byte, for everything that Yjs writes', () => {
    fc.assert(
      fc.property(editsArbitrary(40), (edits) => {
        const { authored, exchanged } = playHistory(edits)
        for (const v1 of [...authored, ...exchanged, Y.mergeUpdates([...authored])]) {
          expect(convertUpdateFormatV1ToV2(v1)).toEqual(Y.convertUpdateFormatV1ToV2(v1))
        }
      }),
      fuzz(),
    )
  })

  test('from v2 to v1 is that of Yjs, to the byte, for everything that Yjs writes', () => {
    fc.assert(
      fc.property(editsArbitrary(40), (edits) => {
        for (const v2 of updatesV2Of(playHistory(edits))) {
          expect(convertUpdateFormatV2ToV1(v2)).toEqual(Y.convertUpdateFormatV2ToV1(v2))
        }
      }),
      fuzz(),
    )
  })

  test('is that of Yjs in both directions, and comes back, for clients and clocks of any size', () => {
    fc.assert(
      fc.property(updateArbitrary, (update) => {
        const v1 = encodeUpdate(update)
        const v2 = convertUpdateFormatV1ToV2(v1)
        expect(v2).toEqual(Y.convertUpdateFormatV1ToV2(v1))
        const back = convertUpdateFormatV2ToV1(v2)
        expect(back).toEqual(Y.convertUpdateFormatV2ToV1(v2))
        expect(convertUpdateFormatV1ToV2(back)).toEqual(v2)
      }),
      fuzz(5),
    )
  })

  test('there and back changes nothing but key hints, and no document', () => {
    fc.assert(
      fc.property(editsArbitrary(40), (edits) => {
        const { authored, replicas } = playHistory(edits)
        for (const doc of replicas) {
          const v1 = convertUpdateFormatV2ToV1(Y.encodeStateAsUpdateV2(doc))
          expect(convertUpdateFormatV2ToV1(convertUpdateFormatV1ToV2(v1))).toEqual(v1)
          expect(Y.encodeStateAsUpdate(replicaOf([v1]))).toEqual(
            Y.encodeStateAsUpdate(replicaOf([Y.encodeStateAsUpdate(doc)])),
          )
        }
        const converted = new Y.Doc({ gc: false })
        Y.transact(
          converted,
          () => {
            for (const update of authored) Y.applyUpdateV2(converted, convertUpdateFormatV1ToV2(update), 'remote')
          },
          'remote',
          false,
        )
        expect(visible(converted)).toEqual(visible(replicaOf(authored, false)))
      }),
      fuzz(),
    )
  })

  test('keeps legacy JSON content', () => {
    const v1 = bytesOfHex(legacyJsonUpdate.hex)
    const v2 = convertUpdateFormatV1ToV2(v1)
    expect(v2).toEqual(Y.convertUpdateFormatV1ToV2(v1))
    expect(hexOf(convertUpdateFormatV2ToV1(v2))).toBe(legacyJsonUpdate.hex)
  })

  test('reads a Node Buffer, whose views are Buffers, as it reads bytes', () => {
    const v2 = stateV2((doc) => doc.getText('text').insertEmbed(0, { bytes: new Uint8Array([1, 2]) }))
    expect(convertUpdateFormatV2ToV1(Buffer.from(v2))).toEqual(Y.convertUpdateFormatV2ToV1(v2))
  })
})

describe('where Yjs disagrees with itself', () => {
  test('conversion drops the hint of a key beside an origin, which documents write', () => {
    const doc = new Y.Doc()
    doc.clientID = 1
    doc.getMap('map').set('key', 1)
    doc.getMap('map').set('key', 2)
    const v1 = Y.encodeStateAsUpdate(doc)
    const v2 = Y.encodeStateAsUpdateV2(doc)
    expect(Y.convertUpdateFormatV1ToV2(v1)).not.toEqual(v2)
    expect(convertUpdateFormatV1ToV2(v1)).toEqual(Y.convertUpdateFormatV1ToV2(v1))
    // As a value the hint is kept, so that what a document wrote can be written again.
    expect(encodeUpdateV2(decodeUpdateV2(v2))).toEqual(v2)
    expect(encodeUpdate(decodeUpdateV2(v2))).toEqual(v1)
  })

  test('halves of a pair in two items come through v2, where they stand side by side, and become U+FFFD in v1', () => {
    const v2 = stateV2((doc) => {
      doc.getText('text').insert(0, 'a\uD83D')
      doc.getText('text').insert(0, '\uDE00b')
    })
    const reader = new Y.Doc()
    Y.applyUpdateV2(reader, v2)
    expect(reader.getText('text').toJSON()).toBe('\uDE00ba\uD83D')
    expect(encodeUpdateV2(decodeUpdateV2(v2))).toEqual(v2)
    const v1 = convertUpdateFormatV2ToV1(v2)
    expect(v1).toEqual(Y.convertUpdateFormatV2ToV1(v2))
    expect(replicaOf([v1]).getText('text').toJSON()).toBe('\uFFFDba\uFFFD')
  })

  test.each([
    ['NaN', Number.NaN, 'null'],
    ['negative zero', -0, '0'],
    ['bytes', new Uint8Array([1]), '{"0":1}'],
    ['undefined in an array', [undefined], '[null]'],
  ])('an embed of %s is another value in v1, here as there', (_what, value, json) => {
    const v2 = stateV2((doc) => doc.getText('text').insertEmbed(0, value))
    const v1 = convertUpdateFormatV2ToV1(v2)
    expect(v1).toEqual(Y.convertUpdateFormatV2ToV1(v2))
    expect(new TextDecoder().decode(v1)).toContain(json)
    expect(convertUpdateFormatV1ToV2(v1)).toEqual(Y.convertUpdateFormatV1ToV2(v1))
    expect(convertUpdateFormatV1ToV2(v1)).not.toEqual(v2)
  })

  test.each([
    ['a bigint', 12n],
    ['undefined', undefined],
  ])(
    'formatting with %s can be written in v2, and not in v1: Yjs throws, and so does the core, typed',
    (_what, value) => {
      const v2 = stateV2((doc) => doc.getText('text').insert(0, 'a', { attribute: value }))
      expect(() => Y.convertUpdateFormatV2ToV1(v2)).toThrow(TypeError)
      expect(() => convertUpdateFormatV2ToV1(v2)).toThrow(DecodeError)
    },
  )

  test('a key __proto__ is lost whenever Yjs reads an any value; the core keeps it', () => {
    const value = JSON.parse('{"__proto__":{"a":1}}') as object
    const v1 = stateV1((doc) => doc.getText('text').insertEmbed(0, value))
    const v2 = convertUpdateFormatV1ToV2(v1)
    expect(v2).toEqual(Y.convertUpdateFormatV1ToV2(v1))
    expect(convertUpdateFormatV2ToV1(v2)).toEqual(v1)
    expect(Y.convertUpdateFormatV2ToV1(v2)).not.toEqual(v1)

    const inArray = stateV1((doc) => doc.getArray('array').push([value]))
    expect(convertUpdateFormatV2ToV1(convertUpdateFormatV1ToV2(inArray))).toEqual(inArray)
    expect(Y.convertUpdateFormatV2ToV1(Y.convertUpdateFormatV1ToV2(inArray))).not.toEqual(inArray)
  })

  test('keys that are the same once written: Yjs keeps both in a document and one in a conversion; the core keeps both', () => {
    const v1 = stateV1((doc) => doc.getArray('array').push([{ '\uD83D': 1, '\uD83E': 2 }]))
    expect(Y.convertUpdateFormatV2ToV1(Y.convertUpdateFormatV1ToV2(v1))).not.toEqual(v1)
    expect(convertUpdateFormatV2ToV1(convertUpdateFormatV1ToV2(v1))).toEqual(v1)
  })
})

function stateV1(edit: (doc: Y.Doc) => void): Uint8Array {
  return Y.encodeStateAsUpdate(written(edit))
}

function stateV2(edit: (doc: Y.Doc) => void): Uint8Array {
  return Y.encodeStateAsUpdateV2(written(edit))
}

function written(edit: (doc: Y.Doc) => void): Y.Doc {
  const doc = new Y.Doc()
  doc.clientID = 1
  edit(doc)
  return doc
}
