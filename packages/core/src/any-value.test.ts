import { expect, test } from 'vitest'
import { readAnyValue, writeAnyValue } from './any-value.ts'
import { skipAny } from './any.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { yjsAnyOf } from './yjs-any.fixture.ts'

/** Where an integer gets a byte longer, and where it becomes a float. */
const limits = [0, 2 ** 6, 2 ** 13, 2 ** 20, 2 ** 27, 2 ** 31, 2 ** 53]
const integers = [-0, ...limits.flatMap((limit) => [limit - 1, limit, limit + 1].flatMap((value) => [value, -value]))]

test.each(integers)('%d is written as Yjs writes it, read, and stepped over', (value) => {
  const writer = new ByteWriter()
  writeAnyValue(writer, value)
  const any = writer.finish()
  expect(any).toEqual(yjsAnyOf(value))
  expect(readAnyValue(new ByteReader(any))).toBe(value)
  for (const next of [[], [0], [0xff], [125, 1]]) {
    const reader = new ByteReader(Uint8Array.of(...any, ...next))
    skipAny(reader)
    expect(reader.offset).toBe(any.length)
  }
})

test.each(integers)('%d without its end is refused', (value) => {
  const any = yjsAnyOf(value)
  for (let end = 0; end < any.length; end++) {
    expect(() => skipAny(new ByteReader(any.slice(0, end)))).toThrow(
      expect.objectContaining({ code: 'unexpected-end' }),
    )
  }
})
