import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { FUZZ_TIMEOUT_MS, fuzz } from './fuzz.fixture.ts'
import { decodeUtf8, encodeUtf8, utf16Length } from './text-coding.ts'
import { Cut, joinText, splitText, textOfUnits, unitsOfText, writeText, type TextRun } from './text-run.ts'

/** Text whose pairs are whole; a pair is two units. */
const text = fc.string({
  unit: fc.constantFrom('a', 'ö', '漢', '😀', '👩‍👩', '\u{10FFFF}', '\uFFFD', '\u0000'),
  minLength: 2,
})

describe('runs of text', { timeout: FUZZ_TIMEOUT_MS }, () => {
  test('are cut anywhere, in any number of parts, and joined to what they were', () => {
    fc.assert(
      fc.property(text, fc.array(fc.nat(), { maxLength: 12 }), (whole, cuts) => {
        const parts = cutAll(runOf(whole), cuts)
        expect(parts.reduce((sum, { length }) => sum + length, 0)).toBe(whole.length)
        expect(written(joinText(parts))).toBe(whole)
        expect(parts.map(unitsOf).join('')).toBe(whole)
      }),
      fuzz(10),
    )
  })

  test('are written with U+FFFD for a half, as a string that JavaScript cut would be', () => {
    fc.assert(
      fc.property(text, fc.array(fc.nat(), { maxLength: 12 }), (whole, cuts) => {
        let from = 0
        for (const part of cutAll(runOf(whole), cuts)) {
          expect(written(part)).toBe(decodeUtf8(encodeUtf8(whole.slice(from, from + part.length))))
          from += part.length
        }
      }),
      fuzz(10),
    )
  })

  test('are what JavaScript makes of their code units, whichever those are', () => {
    const unit = fc.constantFrom(0x61, 0x6f22, 0xd800, 0xd83d, 0xdbff, 0xdc00, 0xde00, 0xdfff, 0xfffd)
    fc.assert(
      fc.property(fc.array(unit, { minLength: 1, maxLength: 8 }), (units) => {
        const run = textOfUnits(Uint16Array.from(units))
        expect(run.length).toBe(units.length)
        expect(written(run)).toBe(decodeUtf8(encodeUtf8(String.fromCharCode(...units))))
      }),
      fuzz(10),
    )
  })

  test('a half that meets no other half becomes U+FFFD', () => {
    const [high, low] = splitText(runOf('😀'), 1)
    expect([high.cut, low.cut]).toEqual([Cut.end, Cut.start])
    expect(written(joinText([high, runOf('a')]))).toBe('\uFFFDa')
    expect(written(joinText([runOf('a'), low]))).toBe('a\uFFFD')
    expect(written(joinText([high, high]))).toBe('\uFFFD\uFFFD')
    expect(written(joinText([high, low]))).toBe('😀')
  })
})

test(
  'UTF-8 is judged exactly as TextDecoder judges it, and counted in code units',
  { timeout: FUZZ_TIMEOUT_MS },
  () => {
    const byte = fc.constantFrom(
      0,
      0x61,
      0x7f,
      0x80,
      0x8f,
      0x90,
      0x9f,
      0xa0,
      0xbf,
      0xc0,
      0xc2,
      0xdf,
      0xe0,
      0xed,
      0xef,
      0xf0,
      0xf4,
      0xf5,
      0xff,
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(byte, { maxLength: 6 }).map((bytes) => Uint8Array.from(bytes)),
          text.map(encodeUtf8),
        ),
        (bytes) => {
          const encoded = Uint8Array.from(bytes)
          let expected = -1
          try {
            expected = decodeUtf8(encoded).length
          } catch {
            // Not UTF-8.
          }
          expect(utf16Length(encoded)).toBe(expected)
        },
      ),
      fuzz(50),
    )
  },
)

function runOf(whole: string): TextRun {
  return { length: whole.length, payload: encodeUtf8(whole), cut: Cut.none }
}

/** Cuts a run, and then its parts, at places read modulo what there is. */
function cutAll(run: TextRun, cuts: readonly number[]): TextRun[] {
  const parts = [run]
  for (const cut of cuts) {
    const at = cut % parts.length
    const part = parts.at(at)!
    if (part.length > 1) parts.splice(at, 1, ...splitText(part, 1 + (cut % (part.length - 1))))
  }
  return parts
}

function unitsOf(run: TextRun): string {
  return String.fromCharCode(...unitsOfText(run))
}

function written(run: TextRun): string {
  const writer = new ByteWriter()
  writeText(writer, run)
  return new ByteReader(writer.finish()).string()
}
