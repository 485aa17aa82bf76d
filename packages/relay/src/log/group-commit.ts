/**
 * Group commit: one flush at a time, and everything that arrives during a flush shares the next one. A flush costs the
 * same for one operation as for a hundred, so the busier the log, the cheaper each of them. Knows nothing of rooms or
 * of disks: the backend gives a `commit` that makes a group of operations durable.
 *
 *   submit ──▶ waiting ──▶ flushing ──▶ settled, in the order of submission
 *                 ▲            │
 *                 └─ at most one group at a time
 *
 * Bounds: a group takes at most {@link GroupLimits.groupOperationsMax} operations and {@link GroupLimits.groupBytesMax}
 * bytes (but always at least one operation), which bounds the memory and the duration of one flush. What waits is
 * bounded by {@link GroupLimits.pendingBytesMax}: an operation beyond it is refused with `LogError` `busy`, in its
 * turn.
 */
import { LogError } from '../errors.ts'

export interface GroupLimits {
  /** Operations that share one flush. */
  readonly groupOperationsMax: number
  /** Bytes of updates that share one flush. */
  readonly groupBytesMax: number
  /** Bytes of updates that wait for a flush or are in one. */
  readonly pendingBytesMax: number
}

export const defaultGroupLimits: GroupLimits = {
  groupOperationsMax: 4096,
  groupBytesMax: 32 * 1024 * 1024,
  pendingBytesMax: 256 * 1024 * 1024,
}

/**
 * Makes a group durable: one result for each operation, in order; a `LogError` for one of which nothing was stored,
 * while the others were. Rejects when nothing of the group was stored.
 */
export type Commit<Operation, Result> = (group: readonly Operation[]) => Promise<readonly (Result | LogError)[]>

/** What waits for a flush. `bytes` is what it counts for against the limits. */
interface Slot<Operation, Result> {
  /** An error is an operation refused on arrival: it takes part in no commit, and settles in its turn. */
  readonly operation: Operation | LogError
  readonly bytes: number
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

export class GroupCommit<Operation extends object, Result> {
  readonly #commit: Commit<Operation, Result>
  readonly #limits: GroupLimits
  #waiting: Slot<Operation, Result>[] = []
  #pendingBytes = 0
  #flushes = 0
  /** The loop that takes group after group while there are any. */
  #flushing: Promise<void> | undefined
  #closed = false

  constructor(commit: Commit<Operation, Result>, limits: GroupLimits = defaultGroupLimits) {
    this.#commit = commit
    this.#limits = limits
  }

  /** Groups that were committed. */
  get flushes(): number {
    return this.#flushes
  }

  get pendingBytes(): number {
    return this.#pendingBytes
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Settles with what `commit` returned for this operation, or rejects with what its whole group failed with. */
  submit(operation: Operation, bytes: number): Promise<Result> {
    if (this.#closed) return Promise.reject(new LogError('closed', 'the log is closed'))
    const overfull = this.#pendingBytes > 0 && this.#pendingBytes + bytes > this.#limits.pendingBytesMax
    const { promise, resolve, reject } = deferred<Result>()
    if (overfull) {
      const refusal = new LogError('busy', `${this.#pendingBytes} bytes of updates wait to be written already`)
      this.#waiting.push({ operation: refusal, bytes: 0, resolve, reject })
    } else {
      this.#waiting.push({ operation, bytes, resolve, reject })
      this.#pendingBytes += bytes
    }
    this.#flushing ??= this.#flush()
    return promise
  }

  /** Refuses newcomers, and resolves when everything submitted before has settled. Idempotent. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#flushing
  }

  async #flush(): Promise<void> {
    // Whatever the same turn of the event loop still submits belongs to the first group.
    await Promise.resolve()
    while (this.#waiting.length > 0) await this.#flushOne(this.#takeGroup())
    this.#flushing = undefined
  }

  /** Settles every slot of the group; never rejects. */
  async #flushOne(group: readonly Slot<Operation, Result>[]): Promise<void> {
    const operations = group.map(({ operation }) => operation).filter((operation) => !(operation instanceof LogError))
    let results: readonly (Result | LogError)[] = []
    let failure: { readonly error: unknown } | undefined
    if (operations.length > 0) {
      try {
        results = await this.#commit(operations as readonly Operation[])
        this.#flushes++
      } catch (error) {
        failure = { error }
      }
    }
    let next = 0
    for (const slot of group) {
      this.#pendingBytes -= slot.bytes
      if (slot.operation instanceof LogError) slot.reject(slot.operation)
      else if (failure !== undefined) slot.reject(failure.error)
      else settle(slot, results[next++]!)
    }
  }

  #takeGroup(): readonly Slot<Operation, Result>[] {
    let count = 0
    let bytes = 0
    for (const slot of this.#waiting) {
      bytes += slot.bytes
      const fits = count < this.#limits.groupOperationsMax && bytes <= this.#limits.groupBytesMax
      if (count > 0 && !fits) break
      count++
    }
    return this.#waiting.splice(0, count)
  }
}

function settle<Result>({ resolve, reject }: Slot<object, Result>, result: Result | LogError): void {
  if (result instanceof LogError) reject(result)
  else resolve(result)
}

function deferred<Value>(): {
  readonly promise: Promise<Value>
  readonly resolve: (value: Value) => void
  readonly reject: (error: unknown) => void
} {
  let resolve!: (value: Value) => void
  let reject!: (error: unknown) => void
  const promise = new Promise<Value>((fulfil, refuse) => {
    resolve = fulfil
    reject = refuse
  })
  return { promise, resolve, reject }
}
