import { describe, expect, test } from 'vitest'
import { Refill, type RefillContent } from './refill.ts'

const ONE = Uint8Array.of(1)
const TWO = Uint8Array.of(2)
const BOTH = Uint8Array.of(1, 2)
const content: RefillContent = { merged: BOTH, rows: [ONE, TWO] }

/** A refill that was read. */
function sending(): Refill {
  const refill = new Refill()
  refill.ask(true)
  expect(refill.begin(content)).toBeUndefined()
  return refill
}

describe('a refill', () => {
  test('is pushed whole, and is over when that is done', () => {
    const refill = sending()
    expect([refill.isUnderWay, refill.isSending, refill.holdsOutbox]).toEqual([true, true, false])
    expect(refill.take()).toEqual({ update: BOTH, whole: true })
    expect(refill.take()).toBeUndefined()
    expect(refill.partDone()).toBeUndefined()
    expect(refill.isUnderWay).toBe(false)
  })

  test('holds edits back while it is read, unless it cannot be, or they need not wait', () => {
    const refill = new Refill()
    expect(refill.holdsOutbox).toBe(false)
    refill.ask(false)
    expect(refill.holdsOutbox).toBe(false)
    refill.ask(true)
    expect(refill.holdsOutbox).toBe(true)
    refill.readFailed()
    expect([refill.holdsOutbox, refill.isUnderWay]).toEqual([false, true])
  })

  test('of which the relay lacks nothing is over when it was read', () => {
    const refill = new Refill()
    refill.ask(true)
    refill.begin({ merged: undefined, rows: [ONE] })
    expect([refill.isUnderWay, refill.take()]).toEqual([false, undefined])
  })

  test('that is refused as a whole is pushed row by row, and rows that are refused are left out', () => {
    const refill = sending()
    expect(refill.partRejected(refill.take()!)).toBeUndefined()
    expect(refill.take()).toEqual({ update: ONE, whole: false })
    const second = refill.take()!
    expect(second).toEqual({ update: TWO, whole: false })
    refill.partDone()
    expect(refill.isUnderWay).toBe(true)
    refill.partRejected(second)
    expect(refill.isUnderWay).toBe(false)
  })

  test('that is refused and has no rows is over', () => {
    const refill = new Refill()
    refill.ask(true)
    refill.begin({ merged: BOTH, rows: [] })
    refill.partRejected(refill.take()!)
    expect(refill.isUnderWay).toBe(false)
  })

  test('goes on with what the relay could not take', () => {
    const refill = sending()
    refill.partRejected(refill.take()!)
    const first = refill.take()!
    refill.putBack(first)
    expect([refill.take(), refill.take()].map((part) => part?.update)).toEqual([ONE, TWO])
  })

  test('is followed by what was asked for meanwhile, the latest', () => {
    const refill = sending()
    refill.askNext(ONE)
    refill.askNext(TWO)
    refill.take()
    expect(refill.partDone()).toBe(TWO)
    expect(refill.isUnderWay).toBe(false)
    refill.ask(false)
    expect(refill.begin({ merged: undefined, rows: [] })).toBeUndefined()
  })

  test('is followed by nothing when the membership has ended', () => {
    const refill = sending()
    const part = refill.take()!
    refill.askNext(ONE)
    refill.abandon()
    expect(refill.partDone()).toBeUndefined()
    expect(refill.partRejected(part)).toBeUndefined()
    refill.putBack(part)
    expect([refill.isUnderWay, refill.take()]).toEqual([false, undefined])
    expect(refill.begin(content)).toBeUndefined()
    expect(refill.isUnderWay).toBe(false)
  })
})
