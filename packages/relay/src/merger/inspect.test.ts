import { UpdateStore, mergeUpdates } from '@syncline/core'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { updateOf } from '../relay-client.fixture.ts'
import { inspect } from './inspect.ts'
import { runJob } from './merge-job.ts'

const kinds = (
  log: readonly Uint8Array[],
  pushes: readonly Uint8Array[],
  history: 'keep' | 'drop' = 'drop',
): string[] => inspect(log, pushes, history).verdicts.map(({ kind }) => kind)

/** A document of client `client`, and the updates that its edits made. */
function written(client: number, ...edits: readonly ((text: Y.Text) => void)[]): Uint8Array[] {
  const doc = new Y.Doc({ gc: false })
  doc.clientID = client
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (const edit of edits) edit(doc.getText('body'))
  return updates
}

test('what the log has is known, what it has in part adds, and what contradicts it conflicts', () => {
  expect(kinds([updateOf('abc')], [updateOf('abc')])).toEqual(['known'])
  expect(kinds([updateOf('abc')], [updateOf('ab')])).toEqual(['known'])
  expect(kinds([updateOf('ab')], [updateOf('abc')])).toEqual(['adds'])
  expect(inspect([updateOf('abc')], [updateOf('aXc')], 'drop').verdicts).toEqual([
    { kind: 'conflicts', client: 1, start: 0, end: 3 },
  ])
})

test('each push is judged against the log, not against what others push at the same time', () => {
  const log = [updateOf('log', 9)]
  expect(kinds(log, [updateOf('a'), updateOf('a'), updateOf('b'), updateOf('b', 2)])).toEqual([
    'adds',
    'undecided',
    'undecided',
    'adds',
  ])
  const deletion = Uint8Array.of(0, 1, 9, 1, 0, 1)
  expect(kinds(log, [deletion, deletion])).toEqual(['adds', 'adds'])
  expect(kinds([...log, deletion], [deletion, Uint8Array.of(0, 0)])).toEqual(['known', 'known'])
})

test('any number of members who push again what the log has are answered at once', () => {
  const log = [updateOf('abc')]
  expect(kinds(log, [updateOf('abc'), updateOf('abc'), updateOf('ab')])).toEqual(['known', 'known', 'known'])
})

test('content of deleted units comes back only where history is kept', () => {
  const log = written(
    1,
    (text) => text.insert(0, 'abc'),
    (text) => text.delete(0, 3),
  )
  const { checkpoint } = runJob('compact', { updates: log, history: 'drop' })
  expect(checkpoint.length).toBeLessThan(mergeUpdates(log).length)
  expect(kinds([checkpoint], log.slice(0, 1), 'drop')).toEqual(['known'])
  expect(kinds([checkpoint], log.slice(0, 1), 'keep')).toEqual(['adds'])
  const kept = runJob('compact', { updates: log, history: 'keep' })
  expect(kinds([kept.checkpoint], log.slice(0, 1), 'keep')).toEqual(['known'])
})

test('of two who bring content of deleted units back, the second is judged by what becomes of the first', () => {
  const log = written(
    1,
    (text) => text.insert(0, 'abc'),
    (text) => text.delete(0, 3),
  )
  const { checkpoint } = runJob('compact', { updates: log, history: 'drop' })
  for (const second of ['abc', 'xyz'].map((text) => written(1, (body) => body.insert(0, text)).at(0)!)) {
    expect(kinds([checkpoint], [log.at(0)!, second], 'keep')).toEqual(['adds', 'undecided'])
  }
})

test('a log that contradicts itself is read as its merge, folded, and said to do so', () => {
  const log = [updateOf('abc'), updateOf('xyz'), updateOf('other', 2)]
  const taken = mergeUpdates(log)
  const { verdicts, logConflict } = inspect(log, [taken, updateOf('more', 3)], 'drop')
  expect(verdicts.map(({ kind }) => kind)).toEqual(['known', 'adds'])
  expect(logConflict).toContain('client 1 has written other content at clocks 0 to 2')
  const folded = runJob('compact', { updates: log, history: 'drop' })
  expect(folded.logConflict).toBe(logConflict)
  expect(UpdateStore.of([folded.checkpoint]).encode()).toEqual(taken)
})

test('a summary has the deletions only up to the number asked for', () => {
  const updates = [updateOf('abc', 7), Uint8Array.of(0, 1, 7, 2, 0, 1, 2, 1)]
  const { structs, deletes } = runJob('summarise', { updates, deletedRangesMax: 2 })
  expect([[...(structs as Float64Array)], [...(deletes as Float64Array)]]).toEqual([
    [7, 0, 3],
    [7, 0, 1, 7, 2, 3],
  ])
  expect(runJob('summarise', { updates, deletedRangesMax: 1 }).deletes).toBeUndefined()
})
