import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { DecodeError, type DecodeErrorCode } from './errors.ts'
import { FUZZ_TIMEOUT_MS, fuzz } from './fuzz.fixture.ts'

describe('ByteReader and ByteWriter', { timeout: FUZZ_TIMEOUT_MS }, () => {
  test('read what they write: integers to 2^53 − 1, bytes and text', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.uint8Array(), fc.string({ unit: 'binary' }), (integer, bytes, text) => {
        const writer = new ByteWriter(1)
        writer.varUint(integer)
        writer.lengthPrefixed(bytes)
        writer.uint8(200)
        writer.string(text)
        writer.raw(bytes)
        const reader = new ByteReader(writer.finish())
        expect(reader.bytes.length).toBe(writer.length)
        expect(reader.varUint()).toBe(integer)
        expect(reader.lengthPrefixed()).toEqual(bytes)
        expect(reader.uint8()).toBe(200)
        expect(reader.string()).toBe(text)
        expect(reader.view(bytes.length)).toEqual(bytes)
        reader.end()
      }),
      fuzz(10),
    )
  })

  test('an integer is as many bytes as it needs, and may come in more', () => {
    for (const [integer, bytes] of [
      [0, 1],
      [127, 1],
      [128, 2],
      [2 ** 31, 5],
      [2 ** 53 - 1, 8],
    ] as const) {
      const writer = new ByteWriter()
      writer.varUint(integer)
      expect(writer.length).toBe(bytes)
    }
    expect(new ByteReader(Uint8Array.of(0x85, 0x80, 0)).varUint()).toBe(5)
  })

  test.each<[string, DecodeErrorCode, number[], (reader: ByteReader) => unknown]>([
    ['an integer above 2^53 − 1', 'integer-overflow', [255, 255, 255, 255, 255, 255, 255, 31], (it) => it.varUint()],
    ['an endless integer', 'integer-overflow', Array.from({ length: 64 }, () => 128), (it) => it.varUint()],
    ['an integer that is cut off', 'unexpected-end', [128], (it) => it.varUint()],
    ['a byte after the end', 'unexpected-end', [], (it) => it.uint8()],
    ['more bytes than there are', 'unexpected-end', [3, 1, 2], (it) => it.lengthPrefixed()],
    ['text that is not UTF-8', 'invalid-utf8', [1, 0xff], (it) => it.string()],
    ['text that is not UTF-8, unread', 'invalid-utf8', [1, 0xff], (it) => it.utf8()],
    ['more entries than could be there', 'unexpected-end', [2, 0, 0, 0], (it) => it.count(2)],
    ['bytes that are left', 'trailing-bytes', [0], (it) => it.end()],
  ])('refuse %s', (_what, code, bytes, read) => {
    const attempt = (): unknown => read(new ByteReader(Uint8Array.from(bytes)))
    expect(attempt).toThrow(DecodeError)
    expect(attempt).toThrow(code)
  })

  test('a writer that is reset writes anew, and what it gave before stays', () => {
    const writer = new ByteWriter()
    writer.varUint(300)
    const first = writer.finish()
    writer.reset()
    writer.uint8(7)
    expect([...first]).toEqual([0xac, 2])
    expect([...writer.finish()]).toEqual([7])
  })
})
