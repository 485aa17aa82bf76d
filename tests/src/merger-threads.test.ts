/** The threads that merge, as the relay runs them: from the build, since a thread cannot load TypeScript on every Node. */
import { encodeStateVector, mergeUpdates } from '@syncline/core'
import { inlineMerger, workerMerger, type WorkerMerger } from '@syncline/relay'
import { afterEach, expect, test } from 'vitest'
import * as Y from 'yjs'

const entry = new URL('../../packages/relay/dist/merger/merge-worker.js', import.meta.url)
const MiB = 2 ** 20

let merger: WorkerMerger | undefined

afterEach(async () => {
  await merger?.close()
})

function open(options: Parameters<typeof workerMerger>[0] = {}): WorkerMerger {
  merger = workerMerger({ entry, ...options })
  return merger
}

function updateOf(text: string, client: number): Uint8Array {
  const doc = new Y.Doc()
  doc.clientID = client
  doc.getText('body').insert(0, text)
  return Y.encodeStateAsUpdate(doc)
}

/** Updates of `bytes` in all, one struct a unit: what takes the longest to merge for its size. */
function keystrokes(bytes: number, client: number): Uint8Array {
  const doc = new Y.Doc()
  doc.clientID = client
  const text = doc.getText('body')
  // Each character stands before the one before it, so that no two are one run.
  doc.transact(() => {
    for (let count = 0; count * 8 < bytes; count++) text.insert(0, String.fromCodePoint(0x61 + (count % 26)))
  })
  return Y.encodeStateAsUpdate(doc)
}

/** How many turns the event loop takes until `work` is done. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0
  const count = (): void => {
    turns++
    timer = setImmediate(count)
  }
  let timer = setImmediate(count)
  await work()
  clearImmediate(timer)
  return turns
}

test('every job has the result that it has on the event loop', async () => {
  const threads = open({ inlineBytesMax: 0 })
  const [one, other, again] = [updateOf('abc', 1), updateOf('de', 2), updateOf('abX', 1)]
  const log = (): Uint8Array[] => [one.slice(), other.slice(), Uint8Array.of(0, 1, 1, 1, 0, 2)]
  const has = encodeStateVector(new Map([[1, 2]]))
  for (const of of [threads, inlineMerger]) {
    expect(await of.merge(log())).toEqual(mergeUpdates(log()))
  }
  expect(await threads.diff(log(), has)).toEqual(await inlineMerger.diff(log(), has))
  for (const history of ['keep', 'drop'] as const) {
    expect(await threads.compact(log(), history)).toEqual(await inlineMerger.compact(log(), history))
  }
  expect(await threads.summarise(log(), 5)).toEqual(await inlineMerger.summarise(log(), 5))
  expect(await threads.scan(one)).toEqual(await inlineMerger.scan(one))
  const pushes = [one, again, updateOf('new', 3)]
  expect(await threads.inspect(log(), pushes, 'drop')).toEqual(await inlineMerger.inspect(log(), pushes, 'drop'))
  expect(pushes.map(({ length }) => length)).not.toContain(0)
})

test('while 16 MiB are merged, scanned, inspected and folded, the event loop goes on serving', async () => {
  const threads = open()
  const [half, other] = [keystrokes(8 * MiB, 1), keystrokes(8 * MiB, 2)]
  const halves = [half, other]
  const bytes = halves.reduce((sum, { length }) => sum + length, 0)
  expect(bytes).toBeGreaterThan(12 * MiB)
  const log = (): Uint8Array[] => halves.map((update) => update.slice())
  const jobs: readonly (() => Promise<unknown>)[] = [
    () => threads.merge(log()),
    () => threads.compact(log(), 'drop'),
    () => threads.summarise(log(), 512),
    () => threads.scan(half),
    () => threads.inspect(log(), [other], 'drop'),
  ]
  for (const job of jobs) {
    // On the event loop each of them is one turn, or two.
    expect(await turnsDuring(job)).toBeGreaterThan(20)
  }
})

test('what is no update is told as such, and the thread goes on', async () => {
  const threads = open({ inlineBytesMax: 0 })
  await expect(threads.diff([Uint8Array.of(200, 1)], Uint8Array.of(0))).rejects.toMatchObject({
    name: 'MergerError',
    code: 'malformed',
    retryable: false,
  })
  expect(await threads.diff([updateOf('a', 1)], Uint8Array.of(0))).toEqual(updateOf('a', 1))
})

test('a thread that dies costs the job that it did, and the next job has another thread', async () => {
  // Dies of the first job that asks for `merge`, and answers all others with nothing.
  const source = `import { parentPort } from 'node:worker_threads'
    parentPort.on('message', ({ kind }) => {
      if (kind === 'merge') process.exit(1)
      parentPort.postMessage({ type: 'done', result: new Uint8Array(2) })
    })`
  const threads = open({ inlineBytesMax: 0, entry: new URL(`data:text/javascript,${encodeURIComponent(source)}`) })
  const updates = (): Uint8Array[] => [updateOf('a', 1), updateOf('b', 2)]
  const [first, second, third] = [
    threads.diff(updates(), Uint8Array.of(0)),
    threads.merge(updates()),
    threads.diff(updates(), Uint8Array.of(0)),
  ]
  expect(await first).toEqual(new Uint8Array(2))
  await expect(second).rejects.toMatchObject({ code: 'worker-died', retryable: true })
  expect(await third).toEqual(new Uint8Array(2))
})

test('a thread that cannot be started costs each job, and no more', async () => {
  const threads = open({ inlineBytesMax: 0, entry: new URL('./nowhere.js', import.meta.url) })
  for (let count = 0; count < 3; count++) {
    await expect(threads.diff([updateOf('a', 1)], Uint8Array.of(0))).rejects.toMatchObject({ code: 'worker-died' })
  }
})

test('a job that cannot be handed to a thread costs itself, and no more', async () => {
  const threads = open({ inlineBytesMax: 0 })
  const moved = encodeStateVector(new Map([[1, 2]]))
  structuredClone(moved, { transfer: [moved.buffer] })
  const jobs = [1, 2, 3].map(() => threads.diff([updateOf('a', 1)], moved))
  for (const job of jobs) await expect(job).rejects.toMatchObject({ name: 'MergerError', retryable: true })
  expect(threads.queuedBytes).toBe(0)
  expect(await threads.diff([updateOf('a', 1)], Uint8Array.of(0))).toEqual(updateOf('a', 1))
})

test('more than it may hold is refused for now, and a single job never', async () => {
  const threads = open({ inlineBytesMax: 0, queuedBytesMax: 10 })
  const job = (): Promise<Uint8Array> => threads.diff([updateOf('some text', 1)], Uint8Array.of(0))
  const first = job()
  await expect(job()).rejects.toMatchObject({ code: 'busy', retryable: true })
  await first
  await job()
})

test('closing ends the threads and what they do', async () => {
  const threads = open({ inlineBytesMax: 0 })
  const jobs = [1, 2, 3].map(() => threads.diff([updateOf('a', 1)], Uint8Array.of(0)))
  const outcomes = Promise.allSettled(jobs)
  await threads.close()
  for (const outcome of await outcomes)
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'closed' } })
  await expect(threads.merge([])).rejects.toMatchObject({ code: 'closed' })
})
