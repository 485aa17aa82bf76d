import { mergeUpdates } from '@syncline/core'
import { describe, expect, test } from 'vitest'
import { updatesOf } from '../words.fixture.ts'
import { StoredRows } from './stored-rows.ts'

const DAMAGED = new Uint8Array(500).fill(255)

describe('the rows of a room', () => {
  test('are the one that outweighs all others, and the others', () => {
    const rows = updatesOf(1, 'a', 'b', 'long enough '.repeat(20), 'c')
    const stored = new StoredRows(rows)
    expect(stored.largest).toBe(rows[2])
    expect(stored.others.merged()).toEqual(mergeUpdates([rows[0], rows[1], rows[3]]))
    expect(stored.merged()).toEqual(mergeUpdates(rows))
    expect(stored.conflicts).toEqual([])
  })

  test('are all others where none outweighs the rest', () => {
    const rows = updatesOf(1, 'one', 'two', 'six')
    const stored = new StoredRows(rows)
    expect(stored.largest).toBeUndefined()
    expect(stored.others.merged()).toEqual(mergeUpdates(rows))
  })

  test('may be none, or one, damaged or not', () => {
    expect(new StoredRows([])).toMatchObject({ largest: undefined, conflicts: [] })
    expect(new StoredRows([]).others.isEmpty).toBe(true)
    const [row] = updatesOf(1, 'a')
    expect(new StoredRows([row])).toMatchObject({ largest: row, conflicts: [] })
    expect(new StoredRows([DAMAGED, row]).largest).toBe(DAMAGED)
    expect(new StoredRows([DAMAGED, row]).merged()).toEqual(row)
  })

  test('tell where the largest contradicts another', () => {
    const stored = new StoredRows([...updatesOf(5, 'theirs, and long '.repeat(9)), ...updatesOf(5, 'ours')])
    expect(stored.others.conflicts).toEqual([])
    expect(stored.conflicts).toMatchObject([{ client: 5, start: 0 }])
  })
})
