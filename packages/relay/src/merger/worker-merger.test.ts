/** How the settings of a relay reach its threads. What threads do is tested on the build: tests/src/merger-threads.test.ts. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { defaultMerger, type MergerLimits, type WorkerMerger } from './worker-merger.ts'

const KiB = 1024

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

/** A merger whose threads answer each job with their own number. */
async function open(limits: MergerLimits): Promise<WorkerMerger> {
  const directory = await mkdtemp(join(tmpdir(), 'syncline-merger-'))
  closing.push(() => rm(directory, { recursive: true, force: true }))
  const path = join(directory, 'thread.mjs')
  await writeFile(
    path,
    `import { parentPort, threadId } from 'node:worker_threads'
    parentPort.on('message', () => parentPort.postMessage({ type: 'done', result: Uint8Array.of(threadId) }))`,
  )
  const merger = defaultMerger(limits, pathToFileURL(path))
  closing.push(() => merger.close())
  return merger
}

/** Long enough for a thread. */
const job = (merger: WorkerMerger): Promise<Uint8Array> =>
  merger.merge([new Uint8Array(50 * KiB), new Uint8Array(50 * KiB)])

test.each([1, 2, 3])('with mergeThreads of %i, so many are at work and no more', async (mergeThreads) => {
  const merger = await open({ mergeThreads, mergeQueueBytesMax: 1024 * KiB })
  const answers = await Promise.all([job(merger), job(merger), job(merger), job(merger)])
  expect(new Set(answers.map(([thread]) => thread)).size).toBe(mergeThreads)
})

test('mergeQueueBytesMax bounds what waits, and is free again for what comes later', async () => {
  const merger = await open({ mergeThreads: 1, mergeQueueBytesMax: 200 * KiB })
  const [first, second, third] = [job(merger), job(merger), job(merger)]
  await expect(third).rejects.toMatchObject({ name: 'MergerError', code: 'busy', retryable: true })
  await Promise.all([first, second])
  await job(merger)
})
