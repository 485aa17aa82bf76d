import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomEpoch } from './epoch.ts'
import { headAfterAppend } from './room-head.ts'
import { EPOCHS_MAX, emptyHead, isInHistory, type RoomHead } from './update-log.ts'

/** The head after as many entries of one byte in each epoch as the list says. */
function headOf(entries: readonly number[]): RoomHead {
  let head = emptyHead
  for (const [index, count] of entries.entries()) {
    for (let entry = 0; entry < count; entry++) head = headAfterAppend(head, index + 1, 1)
  }
  return head
}

describe('a history of epochs', () => {
  const entries = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: EPOCHS_MAX + 4 })

  it('contains each position that was given out in an epoch it remembers, and no other', () => {
    fc.assert(
      fc.property(entries, (counts) => {
        const head = headOf(counts)
        const forgotten = Math.max(0, counts.length - EPOCHS_MAX)
        let seq = 0
        for (const [index, count] of counts.entries()) {
          const firstSeq = seq + 1
          seq += count
          for (let other = 1; other <= head.position.seq + 1; other++) {
            const given = index >= forgotten && other >= firstSeq && other <= seq
            expect(isInHistory(head, { epoch: index + 1, seq: other })).toBe(given)
          }
        }
        expect(isInHistory(head, { epoch: counts.length + 1, seq: 1 })).toBe(false)
        expect(isInHistory(head, { epoch: 0, seq: 0 })).toBe(true)
      }),
      { numRuns: 30 },
    )
  })
})

describe('a random epoch', () => {
  it('is an integer of at most 53 bits, never 0, and never the same', () => {
    const epochs = Array.from({ length: 1000 }, randomEpoch)
    for (const epoch of epochs) expect(Number.isSafeInteger(epoch) && epoch > 0).toBe(true)
    expect(new Set(epochs).size).toBe(epochs.length)
    expect(epochs.some((epoch) => epoch > 2 ** 52)).toBe(true)
  })
})
