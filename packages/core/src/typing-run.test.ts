import { describe, expect, test } from 'vitest'
import { ByteWriter, varUintWidth } from './byte-writer.ts'
import { FUZZ_TIMEOUT_MS } from './fuzz.fixture.ts'
import { mergeUpdates } from './merge.ts'
import { isUpdate } from './mutated-update.fixture.ts'
import { expectSameBytes } from './same-bytes.fixture.ts'
import { UpdateStore, type Added } from './update-store.ts'
import { mergeUpdates as mergeStructByStruct } from './yjs-updates.ts'

interface Typing {
  readonly client: number
  /** The clock of the first character that is typed; the one before it comes first, as the beginning of a text. */
  readonly clock: number
  readonly right?: readonly [client: number, clock: number]
}

const ORIGIN = 0x80
const RIGHT_ORIGIN = 0x40
const STRING = 4

/** The update of one keystroke behind another. */
function keystroke({ client, right }: Typing, clock: number, text: string): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter()
  for (const value of [1, 1, client, clock]) writer.varUint(value)
  writer.uint8(STRING | ORIGIN | (right === undefined ? 0 : RIGHT_ORIGIN))
  for (const value of [client, clock - 1, ...(right ?? [])]) writer.varUint(value)
  const encoded = new TextEncoder().encode(text)
  writer.varUint(encoded.length)
  writer.raw(encoded)
  writer.varUint(0)
  return writer.finish()
}

/** `text`, a keystroke for each of its characters. */
function keystrokes(typing: Typing, text: string): Uint8Array<ArrayBuffer>[] {
  return Array.from(text, (character, index) => keystroke(typing, typing.clock + index, character))
}

const typings: readonly Typing[] = [
  { client: 1, clock: 1 },
  { client: 2_871_653_209, clock: 60 },
  { client: 2_871_653_209, clock: 100, right: [7, 3] },
  { client: Number.MAX_SAFE_INTEGER, clock: 16_300, right: [Number.MAX_SAFE_INTEGER - 1, 2 ** 40] },
]

/** All that differs from `update` in one byte, or in its length. */
function* nearMisses(update: Uint8Array): Generator<Uint8Array> {
  for (const [at, byte] of update.entries()) {
    for (const flip of [1, 2, 4, 0x40, 0x80, 0xff, 0x7f]) yield update.with(at, byte ^ flip)
    yield Uint8Array.from([...update.subarray(0, at), ...update.subarray(at + 1)])
    yield Uint8Array.from([...update.subarray(0, at), 0x80, ...update.subarray(at)])
  }
  yield Uint8Array.from([...update, 0])
}

/** Updates with the same numbers, one of them in a byte more than it needs. */
function* overlong(update: Uint8Array): Generator<Uint8Array> {
  for (const [at, byte] of update.entries()) {
    if (at < 2 || byte > 0x7f) continue
    const other = Uint8Array.from([...update.subarray(0, at), byte | 0x80, 0, ...update.subarray(at + 1)])
    if (isUpdate(other)) yield other
  }
}

/** What came of it: a value, or the error. */
function outcome<T>(run: () => T): { value: T } | { error: string } {
  try {
    return { value: run() }
  } catch (error) {
    return { error: `${(error as Error).name}: ${(error as Error).message}` }
  }
}

describe('typing on', { timeout: FUZZ_TIMEOUT_MS }, () => {
  test.each(typings)('gives what a merge struct by struct gives: %o', (typing) => {
    // Through several carries of each clock, and until the length of the text takes three bytes.
    const updates = keystrokes(typing, 'The quick brown fox. '.repeat(800))
    const expected = mergeStructByStruct(updates)
    expectSameBytes(mergeUpdates(updates), expected)
    const store = new UpdateStore()
    updates.forEach((update, index) => {
      const start = typing.clock + index
      const { structs, deletes, restored } = store.ingest(update)
      expect([...structs, ...deletes, ...restored]).toEqual([{ client: typing.client, start, end: start + 1 }])
    })
    expectSameBytes(store.encode(), expected)
  })

  test.each(typings)(
    'what differs in a byte from the next keystroke is treated as if nothing had been typed: %o',
    (typing) => {
      const typed = keystrokes(typing, 'abcdef')
      const next = keystroke(typing, typing.clock + typed.length, 'g')
      const atOnce = mergeUpdates(typed)
      for (const other of [next, ...nearMisses(next)]) {
        expect(outcome(() => mergeUpdates([...typed, other]))).toEqual(outcome(() => mergeUpdates([atOnce, other])))
        const ingested = (before: readonly Uint8Array[]): { value: [Added, Uint8Array] } | { error: string } =>
          outcome(() => {
            const store = UpdateStore.of(before)
            return [store.ingest(other), store.encode()]
          })
        expect(ingested(typed)).toEqual(ingested([atOnce]))
      }
    },
  )

  test.each(typings)('is not begun by an update that has a number in more bytes than it needs: %o', (typing) => {
    const begun = keystrokes(typing, 'ab')
    const third = keystroke(typing, typing.clock + 2, 'c')
    for (const other of overlong(third)) {
      for (const next of [
        keystroke(typing, typing.clock + 3, 'd'),
        ...overlong(keystroke(typing, typing.clock + 3, 'd')),
      ]) {
        expectSameBytes(mergeUpdates([...begun, other, next]), mergeStructByStruct([...begun, other, next]))
      }
    }
  })

  test('does not take a carry for a byte that is one higher', () => {
    for (const last of [127, 128, 255, 256, 2 ** 14 - 1, 2 ** 14]) {
      const typed = keystrokes({ client: 1, clock: last - 3 }, 'abcd')
      const clockAt = 3
      const originClockAt = clockAt + varUintWidth(last) + 2
      const next = keystroke({ client: 1, clock: last }, last, 'd').map((byte, at) =>
        at === clockAt || at === originClockAt ? byte + 1 : byte,
      )
      expect(outcome(() => mergeUpdates([...typed, next]))).toEqual(
        outcome(() => mergeUpdates([mergeUpdates(typed), next])),
      )
    }
  })

  test('ends where the log was replaced', () => {
    const updates = keystrokes({ client: 1, clock: 1 }, 'abcde')
    const store = UpdateStore.of(updates.slice(0, 3))
    store.compact()
    store.ingest(mergeUpdates([...updates.slice(3, 5), keystroke({ client: 1, clock: 1 }, 6, 'ö')]))
    expect(store.ingest(keystroke({ client: 1, clock: 1 }, 4, 'd')).structs).toEqual([])
  })

  test('ends before clocks are no safe integers', () => {
    const typing = { client: 5, clock: Number.MAX_SAFE_INTEGER - 3 }
    const updates = keystrokes(typing, 'abc')
    const beyond = keystroke(typing, Number.MAX_SAFE_INTEGER, 'd')
    const store = UpdateStore.of(updates)
    const before = store.encode()
    expect(outcome(() => store.ingest(beyond))).toEqual(outcome(() => new UpdateStore().ingest(beyond)))
    expect(outcome(() => mergeUpdates([...updates, beyond]))).toEqual(outcome(() => mergeUpdates([beyond])))
    expectSameBytes(store.encode(), before)
  })

  test('goes on after the text was compacted, extended by others, or cut', () => {
    const typing = { client: 2_871_653_209, clock: 10 }
    const updates = keystrokes(typing, 'abcdefghij')
    const deletion = Uint8Array.from([0, 1, ...keystroke(typing, 1, '').subarray(2, 7), 1, 12, 2])
    const store = UpdateStore.of([...updates.slice(0, 6), deletion])
    store.compact()
    for (const update of updates.slice(6, 8)) store.ingest(update)
    store.ingest(mergeUpdates(updates.slice(7, 9)))
    store.ingest(keystroke(typing, 19, 'j'))
    const whole = UpdateStore.of([mergeStructByStruct([...updates, deletion])])
    whole.compact()
    store.compact()
    expectSameBytes(store.encode(), whole.encode())
  })
})
