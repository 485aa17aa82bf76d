import { expect, test } from 'vitest'
import { MemoryLog } from '../log/memory-log.ts'
import { updateOf } from '../relay-client.fixture.ts'
import { Compaction } from './compaction.ts'
import { inlineMerger } from './update-merger.ts'

const bytesOf = (updates: readonly Uint8Array[]): number => updates.reduce((sum, { length }) => sum + length, 0)

test('a fold counts as tail what came after the checkpoint before it, and as merged that checkpoint too', async () => {
  const log = new MemoryLog()
  const compaction = new Compaction(log, inlineMerger, 'drop')
  const append = (...updates: readonly Uint8Array[]): Promise<unknown> =>
    log.append(updates.map((update) => ({ room: 'r', update })))
  const first = [updateOf('a', 1), updateOf('bc', 2)]
  await append(...first)
  const folded = await compaction.fold('r')
  expect(folded).toMatchObject({
    upToSeq: 2,
    tailEntries: 2,
    tailBytes: bytesOf(first),
    mergedBytes: bytesOf(first),
  })
  const next = [updateOf('def', 3)]
  await append(...next)
  expect(await compaction.fold('r')).toMatchObject({
    upToSeq: 3,
    tailEntries: 1,
    tailBytes: bytesOf(next),
    mergedBytes: folded!.checkpointBytes + bytesOf(next),
  })
})

test('there is nothing to fold in a room that was never written', async () => {
  expect(await new Compaction(new MemoryLog(), inlineMerger, 'drop').fold('r')).toBeUndefined()
})
