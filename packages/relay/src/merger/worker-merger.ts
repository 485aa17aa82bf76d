/**
 * A merger whose work is done in threads, so that the event loop goes on serving sockets whatever a document weighs. A few threads
 * take jobs from one queue, each one at a time; small jobs stay on the event loop, where they take less than the way to a thread.
 *
 * ```
 * thread   none ──job──▶ idle ⇄ busy ──dies: its job is rejected──▶ none
 * ```
 *
 * Bounds: `workers` threads; `queuedBytesMax` bytes of jobs that wait or are being done, above which jobs are refused as `busy`.
 */
import { existsSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { MergerError } from '../errors.ts'
import { defaultLimits, type RelayLimits } from '../limits.ts'
import { mergerOf, runInline, inlineMerger, type UpdateMerger } from '../room/update-merger.ts'
import { handOver } from './handed-over.ts'
import type { MergeJobs, MergeKind, MergeResults } from './merge-job.ts'
import type { MergeRequest, MergeResponse } from './merge-worker.ts'

export type MergerLimits = Pick<RelayLimits, 'mergeThreads' | 'mergeQueueBytesMax'>

export interface WorkerMergerOptions {
  /** Threads: 1 by default. Each is started with the first job that finds no other idle. */
  readonly workers?: number
  /** Jobs of fewer bytes are done on the event loop: 64 KiB by default. */
  readonly inlineBytesMax?: number
  /** Bytes of jobs that wait or are being done: 512 MiB by default. A single job may be larger. */
  readonly queuedBytesMax?: number
  /** The module that runs in a thread: the one beside this by default. */
  readonly entry?: URL
}

export interface WorkerMerger extends UpdateMerger, AsyncDisposable {
  /** Bytes of jobs that wait or are being done in threads. */
  readonly queuedBytes: number
  /** Ends the threads. What is not done is rejected as `closed`. Idempotent. */
  close(): Promise<void>
}

/** Threads that nobody has started yet; close it when it is of no more use. */
export function workerMerger(options: WorkerMergerOptions = {}): WorkerMerger {
  const threads = new MergeThreads(options)
  const close = (): Promise<void> => threads.close()
  const run = <K extends MergeKind>(kind: K, job: MergeJobs[K]): Promise<MergeResults[K]> => threads.run(kind, job)
  return {
    ...mergerOf(run),
    get queuedBytes() {
      return threads.queuedBytes
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** Threads where their module can be loaded, which it cannot be from source: then the event loop has to do. */
export function defaultMerger(
  { mergeThreads, mergeQueueBytesMax }: MergerLimits,
  entry: URL = defaultEntry,
): WorkerMerger {
  if (existsSync(entry)) return workerMerger({ workers: mergeThreads, queuedBytesMax: mergeQueueBytesMax, entry })
  const close = (): Promise<void> => Promise.resolve()
  return { ...inlineMerger, queuedBytes: 0, close, [Symbol.asyncDispose]: close }
}

const defaultEntry = new URL('./merge-worker.js', import.meta.url)

const KiB = 1024
const INLINE_BYTES_MAX = 64 * KiB

interface Waiting {
  readonly kind: MergeKind
  readonly job: MergeJobs[MergeKind]
  readonly bytes: number
  readonly resolve: (result: never) => void
  readonly reject: (error: Error) => void
}

class MergeThreads {
  readonly #entry: URL
  readonly #workersMax: number
  readonly #inlineBytesMax: number
  readonly #queuedBytesMax: number
  readonly #idle: Worker[] = []
  readonly #busy = new Map<Worker, Waiting>()
  readonly #queue: Waiting[] = []
  #queuedBytes = 0
  #closed = false

  constructor(options: WorkerMergerOptions) {
    this.#entry = options.entry ?? defaultEntry
    this.#workersMax = options.workers ?? defaultLimits.mergeThreads
    this.#inlineBytesMax = options.inlineBytesMax ?? INLINE_BYTES_MAX
    this.#queuedBytesMax = options.queuedBytesMax ?? defaultLimits.mergeQueueBytesMax
  }

  get queuedBytes(): number {
    return this.#queuedBytes
  }

  run<K extends MergeKind>(kind: K, job: MergeJobs[K]): Promise<MergeResults[K]> {
    if (this.#closed) return Promise.reject(closed())
    const bytes = bytesOf(job)
    if (bytes < this.#inlineBytesMax) return runInline(kind, job)
    if (this.#queuedBytes > 0 && this.#queuedBytes + bytes > this.#queuedBytesMax) {
      return Promise.reject(new MergerError('busy', `${this.#queuedBytes} bytes of updates wait to be worked on`))
    }
    this.#queuedBytes += bytes
    return new Promise<MergeResults[K]>((resolve, reject) => {
      this.#queue.push({ kind, job, bytes, resolve, reject })
      this.#next()
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const { reject } of [...this.#queue.splice(0), ...this.#busy.values()]) reject(closed())
    const workers = [...this.#idle.splice(0), ...this.#busy.keys()]
    this.#busy.clear()
    this.#queuedBytes = 0
    await Promise.all(workers.map((worker) => worker.terminate()))
  }

  #next(): void {
    while (this.#queue.length > 0) {
      const worker = this.#idle.pop() ?? (this.#busy.size < this.#workersMax ? this.#start() : undefined)
      if (worker === undefined) return
      const waiting = this.#queue.shift()!
      this.#busy.set(worker, waiting)
      // A thread with nothing to do keeps no process alive.
      worker.ref()
      try {
        post(worker, waiting)
        return
      } catch (cause) {
        // No memory for a copy, say. The thread knows nothing of it, and takes the next one.
        this.#release(worker)
        waiting.reject(new MergerError('worker-died', 'the updates could not be handed to a thread', { cause }))
      }
    }
  }

  #start(): Worker {
    const worker = new Worker(this.#entry, { execArgv: [], name: 'merger' })
    worker.on('message', (response: MergeResponse) => this.#answered(worker, response))
    // An error is followed by an exit.
    worker.on('error', (error) => this.#died(worker, error))
    worker.on('exit', (code) => this.#died(worker, new Error(`exit code ${code}`)))
    return worker
  }

  #answered(worker: Worker, response: MergeResponse): void {
    const waiting = this.#release(worker)
    if (waiting === undefined) return
    if (response.type === 'done') waiting.resolve(response.result as never)
    else waiting.reject(new MergerError('malformed', response.message))
    this.#next()
  }

  #died(worker: Worker, cause: unknown): void {
    const at = this.#idle.indexOf(worker)
    if (at !== -1) this.#idle.splice(at, 1)
    const waiting = this.#take(worker)
    waiting?.reject(new MergerError('worker-died', 'the thread that worked on the updates died', { cause }))
    this.#next()
  }

  /** The job that the worker has, which it is done with; the worker is free for another. */
  #release(worker: Worker): Waiting | undefined {
    const waiting = this.#take(worker)
    if (waiting === undefined) return undefined
    worker.unref()
    this.#idle.push(worker)
    return waiting
  }

  /** The job that the worker has, which it is done with; `undefined` if it has none, or everything is closed. */
  #take(worker: Worker): Waiting | undefined {
    const waiting = this.#busy.get(worker)
    if (waiting === undefined) return undefined
    this.#busy.delete(worker)
    this.#queuedBytes -= waiting.bytes
    return waiting
  }
}

function bytesOf(job: MergeJobs[MergeKind]): number {
  const pushes = 'pushes' in job ? job.pushes : []
  return [...job.updates, ...pushes].reduce((sum, { length }) => sum + length, 0)
}

/** The log's updates are handed over; a push is borrowed, since the log is to write it. */
function post(worker: Worker, { kind, job }: Waiting): void {
  const pushes = 'pushes' in job ? job.pushes : []
  const isBorrowed = kind === 'scan'
  const { request, buffers } = requestOf(kind, job, isBorrowed ? [] : job.updates, isBorrowed ? job.updates : pushes)
  try {
    worker.postMessage(request, buffers)
  } catch (error) {
    // A log may read into memory that is not JavaScript's to move.
    if (!(error instanceof DOMException)) throw error
    const copied = requestOf(kind, job, [], [...job.updates, ...pushes])
    worker.postMessage(copied.request, copied.buffers)
  }
}

function requestOf(
  kind: MergeKind,
  job: MergeJobs[MergeKind],
  owned: readonly Uint8Array[],
  borrowed: readonly Uint8Array[],
): { readonly request: MergeRequest; readonly buffers: ArrayBuffer[] } {
  const over = handOver(owned, borrowed)
  const count = job.updates.length
  const updates = over.updates.slice(0, count)
  const handed = 'pushes' in job ? { ...job, updates, pushes: over.updates.slice(count) } : { ...job, updates }
  return { request: { kind, job: handed }, buffers: [...over.buffers] }
}

function closed(): MergerError {
  return new MergerError('closed', 'the merger is closed')
}
