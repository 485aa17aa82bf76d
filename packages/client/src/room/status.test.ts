import { describe, expect, test } from 'vitest'
import { SynclineError } from '../errors.ts'
import { StatusCell } from './status-cell.ts'
import { latestEdit, rowsAfter, sameStatus, type EditFacts } from './status.ts'

const nothing: EditFacts = {
  lastRef: 0,
  ackedRef: 0,
  sentRef: 0,
  rejectedRefs: [],
  unstored: 0,
  unsettled: 0,
  rejectedInMemory: 0,
  edits: 0,
  kept: true,
}

describe('the place of the latest edit', () => {
  test.each<[string, Partial<EditFacts>, ReturnType<typeof latestEdit>]>([
    ['is none without an edit', {}, undefined],
    [
      'is memory while anything is only there',
      { edits: 2, unstored: 1, unsettled: 1, lastRef: 1, ackedRef: 1 },
      'memory',
    ],
    ['is this device once it is stored', { edits: 1, lastRef: 1 }, 'device'],
    ['is this device after a reload offline', { lastRef: 4, ackedRef: 3 }, 'device'],
    ['is the relay once it is acknowledged', { edits: 1, lastRef: 1, ackedRef: 1 }, 'relay'],
    ['is the relay when the store failed but the relay has it', { edits: 1, unstored: 1 }, 'relay'],
    ['stays this device when the relay refused it', { edits: 1, lastRef: 2, ackedRef: 2, rejectedRefs: [2] }, 'device'],
    ['is the relay when an older one was refused', { edits: 1, lastRef: 3, ackedRef: 3, rejectedRefs: [2] }, 'relay'],
    ['stays memory when it is refused there', { edits: 1, unstored: 1, rejectedInMemory: 1 }, 'memory'],
  ])('%s', (_, facts, place) => {
    expect(latestEdit({ ...nothing, ...facts })).toBe(place)
  })

  test('counts rows that are neither acknowledged nor refused', () => {
    const facts: EditFacts = { ...nothing, lastRef: 10, ackedRef: 4, sentRef: 7, rejectedRefs: [2, 6, 9] }
    expect(rowsAfter(0, facts)).toBe(4)
    expect(rowsAfter(facts.sentRef, facts)).toBe(2)
  })
})

describe('a status', () => {
  test('is replaced only when something in it says something else', () => {
    const a = { error: new SynclineError('refused', 'no'), list: [1, 2], deep: { state: 'open' } }
    expect(sameStatus(a, { error: new SynclineError('refused', 'no'), list: [1, 2], deep: { state: 'open' } })).toBe(
      true,
    )
    expect(sameStatus(a, { ...a, error: new SynclineError('closed', 'no') })).toBe(false)
    expect(sameStatus(a, { ...a, list: [1, 2, 3] })).toBe(false)
    expect(sameStatus(a, { ...a, deep: { state: 'closed' } })).toBe(false)
  })

  test('is computed when it is asked for, and told once per turn', async () => {
    let n = 0
    const told: number[] = []
    const cell = new StatusCell(() => ({ n }))
    const undo = cell.subscribe((status) => told.push(status.n))
    n = 1
    cell.changed()
    expect(cell.value).toEqual({ n: 1 })
    n = 2
    cell.changed()
    await Promise.resolve()
    expect(told).toEqual([2])
    cell.changed()
    await Promise.resolve()
    expect(told).toEqual([2])
    undo()
    n = 3
    cell.changed()
    await Promise.resolve()
    expect(told).toEqual([2])
    expect(cell.value).toBe(cell.value)
  })
})
