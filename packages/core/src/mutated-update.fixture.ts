/** Damage to real updates, as a faulty disk or somebody hostile would do it: most of it leaves something almost valid. */
import fc from 'fast-check'
import { decodeUpdate } from './update.ts'

/** One change to bytes; the numbers are read modulo what there is. */
export interface Damage {
  readonly kind: 'flip' | 'set' | 'cut' | 'insert' | 'remove' | 'copy' | 'inflate'
  readonly at: number
  readonly value: number
}

export const damageArbitrary: fc.Arbitrary<Damage[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('flip', 'set', 'set', 'cut', 'insert', 'remove', 'copy', 'inflate'),
    at: fc.nat(),
    value: fc.nat({ max: 0xffff }),
  }),
  { minLength: 1, maxLength: 4 },
)

/** The bytes after all changes, as a copy. */
export function damaged(bytes: Uint8Array, damages: readonly Damage[]): Uint8Array {
  let result = [...bytes]
  for (const { kind, at: anywhere, value } of damages) {
    const at = result.length === 0 ? 0 : anywhere % result.length
    const byte = result.at(at) ?? 0
    if (kind === 'flip') result[at] = byte ^ (1 << (value % 8))
    else if (kind === 'set') result[at] = interesting.at(value % interesting.length) ?? 0
    else if (kind === 'cut') result = result.slice(0, at)
    else if (kind === 'insert') result.splice(at, 0, value % 256)
    else if (kind === 'remove') result.splice(at, 1 + (value % 8))
    else if (kind === 'copy')
      result.splice(at, 0, ...result.slice(value % (result.length + 1), (value % (result.length + 1)) + 12))
    else result.splice(at, 1, ...inflated.at(value % inflated.length)!)
  }
  return Uint8Array.from(result)
}

/** Whether there is something left that decodes. */
export function isUpdate(bytes: Uint8Array): boolean {
  try {
    decodeUpdate(bytes)
    return true
  } catch {
    return false
  }
}

/** Info bytes of every kind with every flag, tags of values, and the ends of ranges. */
const interesting = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 0x20, 0x24, 0x27, 0x40, 0x44, 0x47, 0x48, 0x81, 0x84, 0x86, 0x87, 0x88, 0xa8,
  0xc4, 0xc8, 116, 117, 118, 119, 120, 122, 124, 125, 126, 127, 128, 255,
]

/** Counts and clocks that promise more than there is. */
const inflated: readonly (readonly number[])[] = [
  [0xff, 0xff, 0xff, 0x7f],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
]
