import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { NESTING_DEPTH_MAX } from '../any.ts'
import { ByteReader } from '../byte-reader.ts'
import { ByteWriter } from '../byte-writer.ts'
import { FUZZ_TIMEOUT_MS, fuzz } from '../fuzz.fixture.ts'
import { yjsAnyOf } from '../yjs-any.fixture.ts'
import { readAnyAsJson, writeJsonAsAny } from './any-json.ts'

describe('JSON text and any', { timeout: FUZZ_TIMEOUT_MS }, () => {
  test('are written from one to the other as Yjs writes them', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), fc.double(), (value, double) => {
        for (const given of [value, { double, value }]) {
          const json = JSON.stringify(given)
          expect(anyOf(json)).toEqual(yjsAnyOf(JSON.parse(json)))
        }
      }),
      fuzz(5),
    )
  })

  test('are read from one to the other as Yjs does it, for every value that is no bigint', () => {
    const anything = fc.anything({
      withTypedArray: false,
      withObjectString: false,
      withDate: false,
      withNullPrototype: false,
    })
    const bytes = fc.uint8Array()
    const value = fc.oneof(anything, fc.array(bytes), fc.record({ bytes, anything }), fc.double({ noNaN: false }))
    fc.assert(
      fc.property(value, (given) => {
        const any = yjsAnyOf(given)
        // Yjs loses such a key; see the examples.
        fc.pre(!new TextDecoder('latin1').decode(any).includes('__proto__'))
        let json: string | undefined
        try {
          json = JSON.stringify(new Y.UpdateDecoderV2(columnsDecoder(any)).readAny())
        } catch {
          json = undefined
        }
        const read = (): string => readAnyAsJson(new ByteReader(any))
        if (json === undefined) expect(read).toThrow('invalid-value')
        else expect(read()).toBe(json)
      }),
      fuzz(5),
    )
  })

  test.each([
    ['NaN', 'null', [123, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0]],
    ['an infinity', 'null', [124, 0x7f, 0x80, 0, 0]],
    ['negative zero', '0', [125, 0x40]],
    ['an integer beyond 32 bits', '549755813888', [125, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20]],
    ['undefined in an array', '[null]', [117, 1, 127]],
    ['undefined in an object', '{}', [118, 1, 1, 97, 127]],
    ['bytes', '{"0":1,"1":255}', [116, 2, 1, 255]],
    ['a key twice', '{"a":2,"b":1}', [118, 3, 1, 97, 125, 0, 1, 98, 125, 1, 1, 97, 125, 2]],
    ['keys that are indices', '{"1":1,"a":0}', [118, 2, 1, 97, 125, 0, 1, 49, 125, 1]],
    ['a key __proto__', '{"__proto__":{"a":1}}', [118, 1, 9, ...ascii('__proto__'), 118, 1, 1, 97, 125, 1]],
    ['a key toJSON', '{"toJSON":1}', [118, 1, 6, ...ascii('toJSON'), 125, 1]],
  ])('say %s as %s', (_what, json, any) => {
    expect(readAnyAsJson(new ByteReader(Uint8Array.from(any)))).toBe(json)
    expect(readAnyAsJson(new ByteReader(Buffer.from(any)))).toBe(json)
  })

  test('lose half of a surrogate pair, which JSON escapes and any cannot say', () => {
    expect(anyOf('"\\ud83d"')).toEqual(Uint8Array.of(119, 3, 0xef, 0xbf, 0xbd))
  })

  test.each([
    ['a bigint', 'invalid-value', 1, [117, 1, 122, 0, 0, 0, 0, 0, 0, 0, 1]],
    ['undefined on its own', 'invalid-value', 0, [127]],
    ['a tag that nobody knows', 'unknown-tag', 0, [115]],
    ['more elements than bytes', 'unexpected-end', 1, [117, 0xff, 0xff, 0x7f]],
    ['more entries than bytes', 'unexpected-end', 1, [118, 0xff, 0xff, 0x7f]],
    ['a float that is cut', 'unexpected-end', 1, [123, 0]],
    ['a key that is not UTF-8', 'invalid-utf8', 2, [118, 1, 1, 0xff, 126]],
  ])('refuse %s', (_what, code, least, any) => {
    const read = (): string => readAnyAsJson(new ByteReader(Uint8Array.from(any)))
    expect(read).toThrow(expect.objectContaining({ code }))
    expect(read).toThrow(expect.objectContaining({ offset: expect.toSatisfy((offset: number) => offset >= least) }))
  })

  test.each([
    ['arrays', (depth: number) => [...Array.from({ length: depth - 1 }, () => [117, 1]).flat(), 117, 0]],
    ['objects', (depth: number) => [...Array.from({ length: depth - 1 }, () => [118, 1, 0]).flat(), 118, 0]],
    ['bytes in arrays', (depth: number) => [...Array.from({ length: depth - 1 }, () => [117, 1]).flat(), 116, 0]],
  ])('nest %s as deep as JSON in v1 may, and no deeper', (_what, nested) => {
    const json = readAnyAsJson(new ByteReader(Uint8Array.from(nested(NESTING_DEPTH_MAX))))
    expect(json).toHaveLength(NESTING_DEPTH_MAX * 2 + (json.match(/"":/g)?.length ?? 0) * 3)
    for (const depth of [NESTING_DEPTH_MAX + 1, 200_000]) {
      expect(() => readAnyAsJson(new ByteReader(Uint8Array.from(nested(depth))))).toThrow('limit-exceeded')
    }
  })
})

function anyOf(json: string): Uint8Array {
  const writer = new ByteWriter()
  writeJsonAsAny(writer, json)
  return writer.finish()
}

function columnsDecoder(rest: Uint8Array): ConstructorParameters<typeof Y.UpdateDecoderV2>[0] {
  const head = new Y.UpdateEncoderV2().toUint8Array()
  const arr = Uint8Array.from([...head, ...rest])
  return { arr, pos: 0 }
}

function ascii(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0))
}
