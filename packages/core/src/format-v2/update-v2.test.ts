import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { ByteWriter } from '../byte-writer.ts'
import { DecodeError, type DecodeErrorCode } from '../errors.ts'
import { FUZZ_TIMEOUT_MS, fuzz } from '../fuzz.fixture.ts'
import { bytesOfHex, goldenUpdates, hexOf } from '../golden-updates.fixture.ts'
import { damageArbitrary, damaged } from '../mutated-update.fixture.ts'
import { editsArbitrary, playHistory } from '../random-document.fixture.ts'
import { decodeUpdate, encodeUpdate, type Update } from '../update.ts'
import { convertUpdateFormatV1ToV2 } from './convert.ts'
import { goldenUpdatesV2 } from './golden-updates-v2.fixture.ts'
import { decodeUpdateV2, encodeUpdateV2, UNPAID_STRUCTS_MAX } from './update-v2.ts'
import {
  columnDamageArbitrary,
  columnsOf,
  damagedColumns,
  damagedValues,
  updateArbitrary,
  updateOfColumns,
  updatesV2Of,
  valueDamageArbitrary,
} from './updates-v2.fixture.ts'

describe('golden bytes', () => {
  for (const { name, hex, make } of goldenUpdates) {
    const v2 = goldenUpdatesV2.get(name)!

    test(`${name}: read, written again, and converted from v1, to the byte`, () => {
      expect(hexOf(encodeUpdateV2(decodeUpdateV2(bytesOfHex(v2))))).toBe(v2)
      expect(hexOf(convertUpdateFormatV1ToV2(bytesOfHex(hex)))).toBe(v2)
    })

    test(`${name}: the installed Yjs still writes these bytes`, () => {
      expect(hexOf(Y.convertUpdateFormatV1ToV2(make()))).toBe(v2)
    })
  }
})

describe('decodeUpdateV2', { timeout: FUZZ_TIMEOUT_MS }, () => {
  test('is undone by encodeUpdateV2, to the byte, for everything that Yjs writes', () => {
    fc.assert(
      fc.property(editsArbitrary(40), (edits) => {
        for (const bytes of updatesV2Of(playHistory(edits))) {
          expect(encodeUpdateV2(decodeUpdateV2(bytes))).toEqual(bytes)
        }
      }),
      fuzz(),
    )
  })

  test('gives the value that decodeUpdate gives of the same document', () => {
    fc.assert(
      fc.property(editsArbitrary(40), (edits) => {
        for (const doc of playHistory(edits).replicas) {
          const update = decodeUpdateV2(Y.encodeStateAsUpdateV2(doc))
          expect(encodeUpdate(update)).toEqual(Y.encodeStateAsUpdate(doc))
          expect(encodeUpdateV2(decodeUpdate(Y.encodeStateAsUpdate(doc)))).toEqual(Y.encodeStateAsUpdateV2(doc))
        }
      }),
      fuzz(),
    )
  })

  test('reads what encodeUpdateV2 wrote, with clients and clocks of any size', () => {
    fc.assert(
      fc.property(updateArbitrary, (update) => {
        expect(encodeUpdate(decodeUpdateV2(encodeUpdateV2(update)))).toEqual(encodeUpdate(update))
      }),
      fuzz(5),
    )
  })

  test('gives a value or throws DecodeError, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        decodedOrRefused(bytes)
        decodedOrRefused(Uint8Array.of(0, ...bytes))
      }),
      fuzz(20),
    )
  })

  test('gives a value that can be written in both formats, or throws DecodeError, for any damage to an update', () => {
    fc.assert(
      fc.property(damagedUpdates(), (updates) => {
        for (const bytes of updates) {
          const update = decodedOrRefused(bytes)
          if (update === undefined) continue
          const encoded = encodeUpdateV2(update)
          expect(encodeUpdateV2(decodeUpdateV2(encoded))).toEqual(encoded)
          const v1 = encodeUpdate(update)
          expect(encodeUpdate(decodeUpdate(v1))).toEqual(v1)
          expect(encodeUpdate(decodeUpdateV2(encoded))).toEqual(v1)
        }
      }),
      fuzz(),
    )
  })

  test('refuses whatever would make a Yjs client throw', () => {
    fc.assert(
      fc.property(damagedUpdates(), (updates) => {
        for (const bytes of updates) {
          const update = decodedOrRefused(bytes)
          if (update === undefined) continue
          const fresh = new Y.Doc()
          Y.applyUpdateV2(fresh, bytes)
          Y.encodeStateAsUpdateV2(fresh)
        }
      }),
      fuzz(),
    )
  })

  test('refuses every proper beginning of an update', () => {
    for (const hex of goldenUpdatesV2.values()) {
      const bytes = bytesOfHex(hex)
      for (let end = 0; end < bytes.length; end++) {
        expect(() => decodeUpdateV2(bytes.subarray(0, end))).toThrow(DecodeError)
      }
    }
  })

  test('takes views of its input for text, bytes and values, and copies nothing', () => {
    const doc = new Y.Doc()
    doc.getText('text').insert(0, 'text')
    doc.getArray('array').push([1, new Uint8Array(3)])
    const bytes = Y.encodeStateAsUpdateV2(doc)
    for (const struct of decodeUpdateV2(bytes).clients.at(0)!.structs) {
      expect(struct.type === 'item' && struct.content.payload.buffer).toBe(bytes.buffer)
    }
  })

  test.each<[string, DecodeErrorCode, number, Partial<Columns>]>([
    ['features to come', 'unknown-tag', 0, { features: 1 }],
    ['bytes after the end', 'trailing-bytes', 22, { rest: [1, 1, 0, 0, 0] }],
    ['a column that is longer than its use', 'trailing-bytes', 18, { lengths: [1] }],
    ['a run that is longer than its use', 'trailing-bytes', 5, { clients: [0x41, 0] }],
    ['a run of infos that is longer than its use', 'trailing-bytes', 9, { infos: [4, 1] }],
    ['text that belongs to no string', 'trailing-bytes', 15, { strings: [3, 97, 97, 97, 0x01, 0x01] }],
    ['keys that belong to nothing', 'trailing-bytes', 2, { keys: [0] }],
    ['strings longer than their text', 'unexpected-end', 13, { strings: [2, 97, 97, 0x01, 0x02] }],
    ['strings that are not UTF-8', 'invalid-utf8', 9, { strings: [2, 0xff, 97, 0x41, 0] }],
    ['an empty string as content', 'invalid-value', 12, { strings: [1, 97, 0x01, 0x00] }],
    ['a column that ends too early', 'unexpected-end', 3, { clients: [] }],
    ['a clock below 0', 'invalid-value', 6, { clients: [1, 2], leftClocks: [0x42], infos: [0x84] }],
    [
      'an origin in the future of its client',
      'invalid-value',
      5,
      { clients: [0x41, 0], leftClocks: [0], infos: [0x84] },
    ],
    ['a GC run with flags', 'unknown-tag', 7, { infos: [0x80] }],
    ['an empty GC run', 'invalid-value', 7, { infos: [0], lengths: [0] }],
    ['an empty skip', 'invalid-value', 7, { infos: [10], rest: [1, 1, 0, 0, 0] }],
    ['a parent that is neither name nor ID', 'unknown-tag', 15, { parentInfos: [2] }],
    ['content of an unknown kind', 'unknown-tag', 21, { infos: [11] }],
    ['a shared type that nobody knows', 'unknown-tag', 17, { infos: [7], typeReferences: [7] }],
    ['JSON that is none', 'invalid-value', 14, { infos: [2], lengths: [1] }],
    ['more JSON than text', 'unexpected-end', 14, { infos: [2], lengths: [0x83, 1] }],
    ['more values than bytes', 'unexpected-end', 23, { infos: [8], lengths: [0x83, 1] }],
    ['an embed that JSON cannot say', 'invalid-value', 21, { infos: [5], rest: [1, 1, 0, 127, 0] }],
    ['a subdocument whose options are null', 'invalid-value', 21, { infos: [9], rest: [1, 1, 0, 126, 0] }],
    ['a client without structs', 'invalid-value', 19, { rest: [1, 0, 0, 0] }],
    ['a client twice', 'invalid-value', 22, { clients: [0x41, 0], rest: [2, 1, 0, 1, 0, 0] }],
    ['more clients than bytes', 'unexpected-end', 18, { rest: [0xff, 0xff, 0x7f, 1, 0, 0] }],
    ['more deletions than bytes', 'unexpected-end', 23, { rest: [1, 1, 0, 1, 1, 0xff, 0x7f, 0] }],
    [
      'deletions that end above 2^53 − 1',
      'integer-overflow',
      24,
      { rest: [1, 1, 0, 1, 1, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f, 0] },
    ],
  ])('refuses %s', (_what, code, offset, changed) => {
    expect(refusal(bytesOf(oneItem))).toBeUndefined()
    expect(refusal(bytesOf({ ...oneItem, ...changed }))).toMatchObject({ code, offset })
  })
})

describe('columns that unfold', () => {
  /** Structs of one client that cost no bytes: GC runs of one unit. */
  const unfolding = (count: number): Uint8Array => {
    const rest = new ByteWriter()
    for (const value of [1, count, 0, 0]) rest.varUint(value)
    const lengths = new ByteWriter()
    lengths.uint8(0x41)
    lengths.varUint(count - 2)
    const none = new Uint8Array(0)
    const infos = Uint8Array.of(0)
    const strings = Uint8Array.of(0)
    const parts = [none, Uint8Array.of(1), none, none, infos, strings, none, none, lengths.finish(), rest.finish()]
    return updateOfColumns(parts)
  }

  test('are read as far as their limit', () => {
    const bytes = unfolding(UNPAID_STRUCTS_MAX)
    expect(decodeUpdateV2(bytes).clients.at(0)!.structs).toHaveLength(UNPAID_STRUCTS_MAX)
    expect(encodeUpdateV2(decodeUpdateV2(bytes))).toEqual(bytes)
  })

  test.each([UNPAID_STRUCTS_MAX + 100, 2 ** 31, 2 ** 50, Number.MAX_SAFE_INTEGER])(
    'are refused before anything is built: %i structs',
    (count) => {
      expect(refusal(unfolding(count))).toMatchObject({ code: 'limit-exceeded' })
    },
  )

  test('may be limited otherwise: whoever trusts the sender reads more, whoever does not, less', () => {
    expect(decodeUpdateV2(unfolding(300_000), { unpaidStructsMax: 300_000 }).clients.at(0)!.structs).toHaveLength(
      300_000,
    )
    expect(() => decodeUpdateV2(unfolding(1000), { unpaidStructsMax: 100 })).toThrow('limit-exceeded')
  })

  test('are what Yjs makes of keys that are set in turn: one struct for each value that was overwritten', () => {
    const doc = new Y.Doc()
    const map = doc.getMap('shape')
    for (let at = 0; at < 500; at++) map.set(at % 2 === 0 ? 'x' : 'y', at)
    const update = Y.encodeStateAsUpdateV2(doc)
    expect(update.length).toBeLessThan(100)
    expect(decodeUpdateV2(update).clients.at(0)!.structs.length).toBeGreaterThan(490)
    expect(() => decodeUpdateV2(update, { unpaidStructsMax: 100 })).toThrow('limit-exceeded')
  })

  test('count against one limit, however many clients they are divided among', () => {
    const one = unfolding(UNPAID_STRUCTS_MAX)
    const parts = columnsOf(one)
    const rest = new ByteWriter()
    rest.varUint(2)
    for (const _client of [1, 2]) for (const value of [UNPAID_STRUCTS_MAX - 10, 0]) rest.varUint(value)
    rest.varUint(0)
    const two = updateOfColumns([...parts.slice(0, 1), Uint8Array.of(2, 1), ...parts.slice(2, 9), rest.finish()])
    expect(refusal(two)).toMatchObject({ code: 'limit-exceeded' })
  })
})

test('the bytes do not tell the format: these are a whole update in both', () => {
  const both = bytesOfHex(
    '0001001b060c0b120e1811201428172f1a361d0b20112319261f29252c2d2f0302010a02030b03c700c10301700100010302410a010d030101010103',
  )
  expect(decodeUpdate(both).deletes.rangeCount).toBe(3)
  expect(decodeUpdateV2(both).clients).toMatchObject([{ client: 6, structs: { length: 13 } }])
  Y.applyUpdate(new Y.Doc(), both)
  Y.applyUpdateV2(new Y.Doc(), both)
})

interface Columns {
  readonly features: number
  readonly keys: readonly number[]
  readonly clients: readonly number[]
  readonly leftClocks: readonly number[]
  readonly rightClocks: readonly number[]
  readonly infos: readonly number[]
  readonly strings: readonly number[]
  readonly parentInfos: readonly number[]
  readonly typeReferences: readonly number[]
  readonly lengths: readonly number[]
  readonly rest: readonly number[]
}

/** One item of client 1 in the root type `a`: the text `a`. */
const oneItem: Columns = {
  features: 0,
  keys: [],
  clients: [1],
  leftClocks: [],
  rightClocks: [],
  infos: [4],
  strings: [2, 97, 97, 0x41, 0],
  parentInfos: [1],
  typeReferences: [],
  lengths: [],
  rest: [1, 1, 0, 0],
}

function bytesOf({ features, rest, ...columns }: Columns): Uint8Array {
  const { keys, clients, leftClocks, rightClocks, infos, strings, parentInfos, typeReferences, lengths } = columns
  const parts = [keys, clients, leftClocks, rightClocks, infos, strings, parentInfos, typeReferences, lengths, rest]
  const bytes = updateOfColumns(parts.map((part) => Uint8Array.from(part)))
  bytes[0] = features
  return bytes
}

/** Updates with bytes changed anywhere, in a column, or as values: from what hardly ever decodes to what mostly does. */
function damagedUpdates(): fc.Arbitrary<Uint8Array[]> {
  const damage = fc.oneof(
    damageArbitrary.map((damages) => (update: Uint8Array) => damaged(update, damages)),
    columnDamageArbitrary.map((damages) => (update: Uint8Array) => damagedColumns(update, damages)),
    valueDamageArbitrary.map((damages) => (update: Uint8Array) => damagedValues(update, damages)),
  )
  return fc.tuple(editsArbitrary(12), fc.array(damage, { minLength: 20, maxLength: 20 })).map(([edits, damages]) => {
    const updates = updatesV2Of(playHistory(edits)).reverse()
    return damages.map((change, at) => change(updates.at(at % updates.length)!))
  })
}

function decodedOrRefused(bytes: Uint8Array): Update | undefined {
  try {
    return decodeUpdateV2(bytes)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    expect(error.offset).toBeGreaterThanOrEqual(0)
    expect(error.offset).toBeLessThanOrEqual(bytes.length)
    return undefined
  }
}

function refusal(bytes: Uint8Array): DecodeError | undefined {
  try {
    decodeUpdateV2(bytes)
    return undefined
  } catch (error) {
    if (error instanceof DecodeError) return error
    throw error
  }
}
