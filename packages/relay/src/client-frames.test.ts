import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ClientFrames } from './client-frames.ts'

interface Fragment {
  readonly length: number
  readonly opcode: number
  readonly isLast: boolean
  readonly isMasked: boolean
}

/** A fragment as a client may write it, after RFC 6455, 5.2. */
function bytesOf({ length, opcode, isLast, isMasked }: Fragment): Uint8Array {
  const first = (isLast ? 0x80 : 0) | opcode
  const maskBit = isMasked ? 0x80 : 0
  const header =
    length < 126
      ? [first, maskBit | length]
      : length < 0x10000
        ? [first, maskBit | 126, length >> 8, length & 0xff]
        : [first, maskBit | 127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 0xff, length & 0xff]
  // Payload that looks like headers.
  return Uint8Array.of(...header, ...(isMasked ? [1, 2, 3, 4] : []), ...new Uint8Array(length).fill(0x82))
}

const message = (length: number): Fragment => ({ length, opcode: 2, isLast: true, isMasked: true })

test.each([0, 1, 125, 126, 127, 65_535, 65_536, 70_000])(
  'of a frame of %i bytes, all counts until it is whole',
  (n) => {
    const bytes = bytesOf(message(n))
    const frames = new ClientFrames()
    for (let at = 0; at < bytes.length; at++) {
      expect(frames.partBytes).toBe(at)
      frames.take(bytes.subarray(at, at + 1))
    }
    expect(frames.partBytes).toBe(0)
  },
)

test('of several frames that come at once, what is left of the last one counts', () => {
  const frames = new ClientFrames()
  const [one, two] = [bytesOf(message(10)), bytesOf(message(300))]
  frames.take(Buffer.concat([one, two, one, two.subarray(0, 200)]))
  expect(frames.partBytes).toBe(200)
  frames.take(two.subarray(200))
  expect(frames.partBytes).toBe(0)
})

test('pings and pongs between fragments are no part of a frame, and do not end it', () => {
  const frames = new ClientFrames()
  const begin: Fragment = { ...message(50), isLast: false }
  const middle: Fragment = { ...begin, opcode: 0 }
  frames.take(bytesOf(begin))
  expect(frames.partBytes).toBe(56)
  for (const opcode of [9, 10]) frames.take(bytesOf({ ...message(125), opcode }))
  expect(frames.partBytes).toBe(56)
  frames.take(bytesOf(middle))
  frames.take(bytesOf({ ...message(0), opcode: 10 }))
  expect(frames.partBytes).toBe(112)
  frames.take(bytesOf({ ...middle, isLast: true }))
  expect(frames.partBytes).toBe(0)
})

test('however the network cuts them, what counts is what came behind the last whole frame, but for what controls', () => {
  const data = fc.record({
    length: fc.oneof(fc.nat(5), fc.nat(300), fc.constantFrom(125, 126, 65_535, 65_536)),
    isLast: fc.boolean(),
    isMasked: fc.boolean(),
    opcode: fc.constantFrom(0, 1, 2),
  })
  const control = fc.record({
    length: fc.nat(125),
    isLast: fc.constant(true),
    isMasked: fc.boolean(),
    opcode: fc.constantFrom(8, 9, 10),
  })
  const cuts = fc.array(fc.integer({ min: 1, max: 4000 }), { minLength: 1 })
  fc.assert(
    fc.property(fc.array(fc.oneof(data, control), { maxLength: 8 }), cuts, (fragments, sizes) => {
      // What counts after each byte.
      const counts = [0]
      let whole: number[] = []
      for (const fragment of fragments) {
        const before = counts.at(-1)!
        const isControl = fragment.opcode >= 8
        const { length } = bytesOf(fragment)
        whole = Array.from({ length }, (_, index) => (isControl ? before : before + index + 1))
        if (!isControl && fragment.isLast) whole[length - 1] = 0
        for (const count of whole) counts.push(count)
      }
      const bytes = Buffer.concat(fragments.map(bytesOf))
      const frames = new ClientFrames()
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const end = Math.min(bytes.length, at + (sizes[turn % sizes.length] ?? 1))
        frames.take(bytes.subarray(at, end))
        at = end
        expect(frames.partBytes).toBe(counts[at])
      }
    }),
  )
})

test('bytes that are no frames are survived', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 20 }), (chunks) => {
      const frames = new ClientFrames()
      let sum = 0
      for (const chunk of chunks) {
        frames.take(chunk)
        sum += chunk.length
        expect(frames.partBytes).toBeGreaterThanOrEqual(0)
        expect(frames.partBytes).toBeLessThanOrEqual(sum)
      }
    }),
  )
})
