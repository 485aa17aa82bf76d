import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import { ByteReader } from '../byte-reader.ts'
import { FUZZ_TIMEOUT_MS, fuzz } from '../fuzz.fixture.ts'
import { Cut, textOfUnits, unitsOfText } from '../text-run.ts'
import { ByteRunsReader } from './byte-runs.ts'
import { ColumnsReader, ColumnsWriter } from './columns.ts'
import { DiffRunsReader, DiffRunsWriter } from './diff-runs.ts'
import { KeyColumnReader, REPEATED_KEY_BYTES_MAX } from './key-column.ts'
import { StringColumnReader, StringColumnWriter } from './string-column.ts'
import { UintRunsReader, UintRunsWriter } from './uint-runs.ts'
import { uintArbitrary } from './updates-v2.fixture.ts'

type Write =
  | { readonly to: 'client' | 'typeReference' | 'length' | 'info' | 'parentInfo'; readonly value: number }
  | { readonly to: 'left' | 'right'; readonly client: number; readonly value: number }
  | { readonly to: 'text' | 'key'; readonly text: string }

describe('columns', { timeout: FUZZ_TIMEOUT_MS }, () => {
  test('are written to the byte as Yjs writes them, and read as they were written', () => {
    fc.assert(
      fc.property(writesArbitrary(), (writes) => {
        const columns = new ColumnsWriter()
        const yjs = new Y.UpdateEncoderV2()
        for (const write of writes) {
          writeOurs(columns, write)
          writeYjs(yjs, write)
        }
        const bytes = columns.finish()
        expect(bytes).toEqual(yjs.toUint8Array())
        const reader = new ColumnsReader(bytes)
        for (const write of writes) expect(read(reader, write)).toEqual(write)
        reader.end()
      }),
      fuzz(5),
    )
  })

  test('of strings keep halves of surrogate pairs, where a high and a low one meet', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: halfOrWhole, maxLength: 4 })), (texts) => {
        const column = new StringColumnWriter()
        const yjs = new Y.UpdateEncoderV2()
        for (const text of texts) {
          column.writeText(textOfUnits(Uint16Array.from({ length: text.length }, (_, at) => text.charCodeAt(at))))
          yjs.writeString(text)
        }
        const bytes = column.finish()
        expect(bytes).toEqual(yjs.stringEncoder.toUint8Array())
        const reader = new StringColumnReader(new ByteReader(bytes))
        const joined = new TextDecoder().decode(new TextEncoder().encode(texts.join('')))
        let at = 0
        for (const text of texts) {
          const units = unitsOfText(reader.readText())
          expect(String.fromCharCode(...units)).toBe(joined.slice(at, (at += text.length)))
        }
        reader.end()
      }),
      fuzz(5),
    )
  })

  test('of strings give a half in a name as U+FFFD', () => {
    // An emoji, cut in two.
    const reader = new StringColumnReader(columnOf(4, 0xf0, 0x9f, 0x98, 0x80, 0x41, 0))
    expect(reader.readName()).toEqual(Uint8Array.of(0xef, 0xbf, 0xbd))
    expect(reader.readText()).toMatchObject({ length: 1, cut: Cut.start })
  })
})

describe('runs of integers', () => {
  test('of zeros begin with a negative zero', () => {
    const runs = new UintRunsWriter()
    for (let left = 5; left > 0; left--) runs.write(0)
    expect(runs.finish()).toEqual(Uint8Array.of(0x40, 3))
  })

  test('may fall, and a fall may be repeated', () => {
    const clocks = [9, 8, 7, 6, 6, 0, 2 ** 52, 0, 2 ** 53 - 1, 0]
    const runs = new DiffRunsWriter()
    for (const clock of clocks) runs.write(clock)
    const reader = new DiffRunsReader(columnOf(...runs.finish()))
    for (const clock of clocks) expect(reader.read()).toBe(clock)
    reader.end()
  })

  test('are not built: a count of 2^53 costs what is read of it', () => {
    const endless = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]
    const uints = new UintRunsReader(columnOf(0x41, ...endless))
    const diffs = new DiffRunsReader(columnOf(0x01, ...endless))
    for (let left = 1000; left > 0; left--) expect([uints.read(), diffs.read()]).toEqual([1, 0])
    expect(() => uints.end()).toThrow('trailing-bytes')
    expect(() => diffs.end()).toThrow('trailing-bytes')
  })

  test.each([
    ['unexpected-end', 'nothing', []],
    ['unexpected-end', 'an integer that does not end', [0x80]],
    ['unexpected-end', 'a run without a count', [0x43]],
    ['integer-overflow', 'an integer above 2^53 − 1', [0xbf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
    ['integer-overflow', 'an integer of ten bytes', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1]],
  ])('give %s for %s', (code, _what, bytes) => {
    expect(() => new UintRunsReader(columnOf(...bytes)).read()).toThrow(code)
  })

  test.each([
    ['unexpected-end', 'nothing', []],
    ['unexpected-end', 'a run without a count', [0x03]],
    ['invalid-value', 'a clock below 0', [0x42]],
    ['integer-overflow', 'a difference above 2^53 − 1', [0xbe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]],
  ])('of differences give %s for %s', (code, _what, bytes) => {
    expect(() => new DiffRunsReader(columnOf(...bytes)).read()).toThrow(code)
  })
})

describe('runs of bytes', () => {
  test('go on for ever at the end of the column', () => {
    const runs = new ByteRunsReader(columnOf(7, 1, 9))
    expect([1, 2, 3, 4, 5].map(() => runs.read())).toEqual([7, 7, 9, 9, 9])
    runs.end()
  })

  test('are refused if a run with a count is not used up', () => {
    const runs = new ByteRunsReader(columnOf(7, 1))
    runs.read()
    expect(() => runs.end()).toThrow('trailing-bytes')
  })
})

describe('keys', () => {
  test('that repeat by number are read, as Yjs reads them', () => {
    const strings = new StringColumnReader(columnOf(3, 97, 98, 99, 0x01, 0x02))
    // Numbers 0, 0, 1, 0; and 9, which is new as well.
    const keys = new KeyColumnReader(columnOf(0x01, 0, 0x02, 0x42, 0x12), strings)
    const text = (): string => new TextDecoder().decode(keys.read())
    expect([text(), text(), text(), text()]).toEqual(['a', 'a', 'bc', 'a'])
    expect(() => text()).toThrow('unexpected-end')
  })

  test('do not repeat without bound', () => {
    const length = 1000
    const strings = new StringColumnReader(
      columnOf(0xe8, 0x07, ...Array.from({ length }, () => 97), 0x80 | (length % 64), Math.floor(length / 64)),
    )
    const keys = new KeyColumnReader(columnOf(0x01, 0xff, 0xff, 0xff, 0x7f), strings)
    let repeats = -1
    const readOn = (): void => {
      for (;;) {
        keys.read()
        repeats++
      }
    }
    expect(readOn).toThrow('limit-exceeded')
    expect(repeats).toBe(Math.floor(REPEATED_KEY_BYTES_MAX / length))
  })
})

/** Half of a pair more often than not. */
const halfOrWhole = fc.constantFrom('a', '漢', '\uD83D', '\uDE00', '\uD83D', '\uDE00', '😀')

function writesArbitrary(): fc.Arbitrary<Write[]> {
  const uint = fc.record({
    to: fc.constantFrom('client' as const, 'typeReference' as const, 'length' as const),
    value: uintArbitrary(),
  })
  const byte = fc.record({ to: fc.constantFrom('info' as const), value: fc.nat({ max: 255 }) })
  const flag = fc.record({ to: fc.constant('parentInfo' as const), value: fc.nat({ max: 1 }) })
  const id = fc.record({
    to: fc.constantFrom('left' as const, 'right' as const),
    client: uintArbitrary(),
    value: uintArbitrary(),
  })
  const text = fc.record({
    to: fc.constantFrom('text' as const, 'key' as const),
    text: fc.string({ unit: 'binary', maxLength: 6 }),
  })
  const one = fc.oneof(uint, byte, flag, id, text)
  // Runs: each several times, clocks also rising.
  return fc
    .array(fc.tuple(one, fc.constantFrom(1, 1, 2, 3, 70), fc.integer({ min: -2, max: 2 })))
    .map((runs) =>
      runs.flatMap(([write, times, step]) => Array.from({ length: times }, (_, at) => stepped(write, at * step))),
    )
}

function stepped(write: Write, by: number): Write {
  if (write.to !== 'left' && write.to !== 'right') return write
  return { ...write, value: Math.min(Math.max(write.value + by, 0), Number.MAX_SAFE_INTEGER) }
}

function writeOurs(columns: ColumnsWriter, write: Write): void {
  const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)
  switch (write.to) {
    case 'client':
      return columns.clients.write(write.value)
    case 'typeReference':
      return columns.typeReferences.write(write.value)
    case 'length':
      return columns.lengths.write(write.value)
    case 'info':
      return columns.infos.write(write.value)
    case 'parentInfo':
      return columns.parentInfos.write(write.value)
    case 'left':
      columns.clients.write(write.client)
      return columns.leftClocks.write(write.value)
    case 'right':
      columns.clients.write(write.client)
      return columns.rightClocks.write(write.value)
    case 'text':
      return columns.strings.writeName(utf8(write.text))
    case 'key':
      return columns.keys.write(utf8(write.text))
    default:
      return write satisfies never
  }
}

function writeYjs(yjs: Y.UpdateEncoderV2, write: Write): void {
  switch (write.to) {
    case 'client':
      return yjs.writeClient(write.value)
    case 'typeReference':
      return yjs.writeTypeRef(write.value)
    case 'length':
      return yjs.writeLen(write.value)
    case 'info':
      return yjs.writeInfo(write.value)
    case 'parentInfo':
      return yjs.writeParentInfo(write.value === 1)
    case 'left':
      return yjs.writeLeftID(Y.createID(write.client, write.value))
    case 'right':
      return yjs.writeRightID(Y.createID(write.client, write.value))
    case 'text':
      return yjs.writeString(write.text)
    case 'key':
      return yjs.writeKey(write.text)
    default:
      return write satisfies never
  }
}

function read(columns: ColumnsReader, write: Write): Write {
  const text = (utf8: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(utf8)
  switch (write.to) {
    case 'client':
      return { to: write.to, value: columns.clients.read() }
    case 'typeReference':
      return { to: write.to, value: columns.typeReferences.read() }
    case 'length':
      return { to: write.to, value: columns.lengths.read() }
    case 'info':
      return { to: write.to, value: columns.infos.read() }
    case 'parentInfo':
      return { to: write.to, value: columns.parentInfos.read() }
    case 'left':
      return { to: write.to, client: columns.clients.read(), value: columns.leftClocks.read() }
    case 'right':
      return { to: write.to, client: columns.clients.read(), value: columns.rightClocks.read() }
    case 'text':
      return { to: write.to, text: text(columns.strings.readName()) }
    case 'key':
      return { to: write.to, text: text(columns.keys.read()) }
    default:
      return write satisfies never
  }
}

function columnOf(...bytes: readonly number[]): ByteReader {
  return new ByteReader(Uint8Array.from(bytes))
}
