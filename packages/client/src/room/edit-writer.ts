/**
 * Puts the edits of one open document into the device store: one write at a time, everything that came meanwhile merged into
 * the next. An edit that the store cannot take lives in memory, is pushed from there, and is stored later, if it can be.
 *
 * ```
 *   waiting ──write──▶ row of the store (has a ref)
 *                 └──▶ in memory ──retry──▶ row of the store
 *                         └─ settled by the relay ──▶ the owner stores it, with what else came from the relay
 * ```
 *
 * Edits are counted from 1 in the order they were made. Where each stands follows from that one number. What is in memory is
 * announced under numbers of its own, which rise without gaps; each owner is told anew, under new numbers.
 */
import { mergeUpdates } from '@syncline/core'
import type { DeviceRow, DeviceStore } from '../device-store/device-store.ts'
import { isUpdate } from '../device-store/gathered-updates.ts'
import { StoreRetry } from '../device-store/store-retry.ts'
import type { SynclineError } from '../errors.ts'
import { ClientLimits } from '../limits.ts'
import type { Scheduler } from '../scheduler.ts'
import type { EditsStatus } from '../sync/relay-status.ts'

export interface EditWriterOptions {
  readonly room: string
  readonly store: DeviceStore
  readonly scheduler: Scheduler
  readonly random: () => number
  /** The edits are in the store, as this row. */
  readonly onRow: (row: DeviceRow) => void
  /** The edits are only in memory, as number `seq`; numbers up to `base` mean nothing any more. */
  readonly onVolatile: (edits: { readonly seq: number; readonly base: number; readonly update: Uint8Array }) => void
  /** Told after each change of where edits are. */
  readonly onChange: () => void
}

/** `count` edits, `first` the earliest of them, as one update. */
interface Batch {
  readonly first: number
  readonly count: number
  readonly update: Uint8Array
}

/** An edit that will never be at the relay. */
export interface RefusedEdits {
  readonly code: string
  readonly update: Uint8Array
}

interface VolatileBatch extends Batch {
  seq: number
  state: 'unsettled' | 'settled' | 'rejected'
}

interface WrittenBatch {
  readonly first: number
  readonly ref: number
}

export class EditWriter {
  readonly #options: EditWriterOptions
  readonly #retry: StoreRetry
  #edits = 0
  #waiting: Batch[] = []
  #writing: Batch | undefined
  #inMemory: VolatileBatch[] = []
  /** Edits that are no update to the core, as when values are nested too deeply: neither merged, stored nor sent. */
  readonly #unreadable: Batch[] = []
  #lastSeq = 0
  /** Rows that are not settled at the relay yet. */
  #written: WrittenBatch[] = []
  #run: Promise<void> | undefined
  /** Attempts at writing that failed: a wait knows by it that its edits were tried. */
  #failures = 0
  #closed = false

  constructor(options: EditWriterOptions) {
    this.#options = options
    this.#retry = new StoreRetry(options.scheduler, options.random, () => this.flush())
  }

  /** The number of the latest edit; 0 while there is none. */
  get edits(): number {
    return this.#edits
  }

  /** Why edits are kept in memory; `undefined` while the store takes them. */
  get error(): SynclineError | undefined {
    return this.#retry.error
  }

  /** Counts failed writes. */
  get failures(): number {
    return this.#failures
  }

  /** How many edits the device store does not have. */
  get unstored(): number {
    return countOf(this.#unstored)
  }

  /** How many edits neither the device store nor the relay has. */
  get unsettled(): number {
    return countOf(this.#unsettled)
  }

  /** Edits in memory that the relay refused, or would refuse. */
  get refused(): readonly RefusedEdits[] {
    const unreadable = this.#unreadable.map(({ update }) => ({ code: 'malformed-update', update }))
    return [...unreadable, ...this.#rejected.map(({ update }) => ({ code: 'rejected', update }))]
  }

  /** Whether every edit up to `edit` is in the device store. */
  storedThrough(edit: number): boolean {
    return this.#unstored.every(({ first }) => first > edit)
  }

  /** Whether all that is not stored of the edits up to `edit` is left to the owner to store. */
  leftToOwner(edit: number): boolean {
    return !this.#unsettled.some(({ first }) => first <= edit) && !this.rejectedThrough(edit)
  }

  /** Whether the relay refused an edit up to `edit` that is in memory, or would. */
  rejectedThrough(edit: number): boolean {
    return this.#rejected.some(({ first }) => first <= edit) || this.unreadableThrough(edit)
  }

  /** Whether an edit up to `edit` cannot be stored, whatever the store does. */
  unreadableThrough(edit: number): boolean {
    return this.#unreadable.some(({ first }) => first <= edit)
  }

  /**
   * The highest ref that holds an edit up to `edit` and may not be settled yet (0 for none); `undefined` while one of those
   * edits is neither in the store nor settled.
   */
  refThrough(edit: number): number | undefined {
    if (this.#unsettled.some(({ first }) => first <= edit)) return undefined
    return this.#written.reduce((ref, batch) => (batch.first <= edit ? Math.max(ref, batch.ref) : ref), 0)
  }

  /** Takes one edit; it is written in this turn of the event loop, with all others of the turn. */
  add(update: Uint8Array): void {
    this.#edits += 1
    const batch: Batch = { first: this.#edits, count: 1, update }
    if (!isUpdate(update)) {
      this.#unreadable.push(batch)
      return this.#options.onChange()
    }
    this.#waiting.push(batch)
    if (this.#waiting.length > ClientLimits.editsWaitingMax) this.#waiting = [joined(this.#waiting)]
    this.flush()
  }

  /** Sees to it that what waits is being written. */
  flush(): void {
    if (!this.#closed) this.#start()
  }

  #start(): void {
    this.#run ??= Promise.resolve()
      .then(() => this.#write())
      .finally(() => {
        this.#run = undefined
        // An edit may have come after the last look, and before this line.
        if (this.#mayMove) this.#start()
        this.#options.onChange()
      })
  }

  /** Whether there are edits that can go on: to the store, or, while that rests, into memory as far as the bound allows. */
  get #mayMove(): boolean {
    return this.#waiting.length > 0 && !(this.#retry.resting && this.#memoryIsFull)
  }

  /** What is settled does not count: it is merged (see {@link EditWriter.settledInMemory}). */
  get #memoryIsFull(): boolean {
    return this.#inMemory.filter(({ state }) => state === 'unsettled').length >= ClientLimits.editsWaitingMax
  }

  /** As {@link EditWriter.flush}, and tries a store that failed again without waiting longer. */
  hurry(): void {
    this.#retry.hurry()
    this.flush()
  }

  /** The relay settled rows up to this ref. */
  settled(ackedRef: number): void {
    this.#written = this.#written.filter(({ ref }) => ref > ackedRef)
  }

  /** What the owner says of this tab's edits in memory. */
  settledInMemory({ settled, stored, rejected }: EditsStatus): void {
    for (const batch of this.#inMemory) {
      if (batch.state !== 'unsettled' || batch.seq > settled) continue
      batch.state = rejected.includes(batch.seq) ? 'rejected' : 'settled'
      // To be kept as a row, once the store takes one.
      if (batch.state === 'rejected') this.flush()
    }
    this.#inMemory = this.#inMemory.filter(({ seq, state }) => state !== 'settled' || seq > stored)
    this.#mergeSettled()
    // The owner stored what this tab could not: the store works again.
    if (this.#inMemory.length === 0) this.#retry.succeeded()
    if (this.#waiting.length > 0) this.flush()
  }

  /** There is a new owner, which knows nothing of edits in memory. */
  announceInMemory(): void {
    const held = this.#inMemory.filter(({ state }) => state !== 'rejected')
    for (const batch of held) {
      batch.state = 'unsettled'
      // Under new numbers, so that there is no gap where one was refused.
      this.#lastSeq += 1
      batch.seq = this.#lastSeq
    }
    for (const batch of held) this.#announce(batch)
  }

  #announce({ seq, update }: VolatileBatch): void {
    const held = this.#inMemory.filter(({ state }) => state !== 'rejected')
    const base = held.reduce((lowest, other) => Math.min(lowest, other.seq), seq) - 1
    this.#options.onVolatile({ seq, base, update })
  }

  /** While only the store fails, what the relay has piles up here until the owner stores it: as few batches, if not as few bytes. */
  #mergeSettled(): void {
    const settled = this.#inMemory.filter(({ state }) => state === 'settled')
    if (settled.length <= ClientLimits.editsWaitingMax) return
    const seq = Math.max(...settled.map((batch) => batch.seq))
    const others = this.#inMemory.filter((batch) => !settled.includes(batch))
    this.#inMemory = [{ ...joined(settled), seq, state: 'settled' }, ...others]
  }

  /** Tries once more to store what is not stored, and stops. Never rejects. */
  async close(): Promise<void> {
    if (!this.#closed) {
      this.hurry()
      this.#closed = true
    }
    while (this.#run !== undefined) await this.#run
    this.#retry.stop()
  }

  get #unstored(): readonly Batch[] {
    const writing = this.#writing === undefined ? [] : [this.#writing]
    return [...this.#unreadable, ...this.#inMemory, ...writing, ...this.#waiting]
  }

  get #rejected(): readonly VolatileBatch[] {
    return this.#inMemory.filter(({ state }) => state === 'rejected')
  }

  get #unsettled(): readonly Batch[] {
    const inMemory = this.#inMemory.filter(({ state }) => state === 'unsettled')
    return [...inMemory, ...(this.#writing === undefined ? [] : [this.#writing]), ...this.#waiting]
  }

  async #write(): Promise<void> {
    for (;;) {
      if (this.#retry.resting) {
        // Beyond the bound they wait here, merged, until the relay has settled some.
        if (!this.#memoryIsFull) this.#keepInMemory(this.#waiting.splice(0))
        return
      }
      const retried = this.#inMemory.filter(({ state }) => state === 'unsettled')
      const fresh = this.#waiting
      // What the relay refused is kept, too, in a row of its own: with it, good edits would be refused again.
      const batches = retried.length + fresh.length > 0 ? [...retried, ...fresh] : this.#rejected.slice(0, 1)
      if (batches.length === 0) return
      const batch = joined(batches)
      this.#waiting = []
      // Edits in memory keep their place while they are written: until that has worked, they are in memory.
      this.#writing = fresh.length === 0 ? undefined : joined(fresh)
      const { room, store, onRow, onChange } = this.#options
      let row: DeviceRow
      try {
        row = await store.appendLocal(room, batch.update)
      } catch (cause) {
        this.#failures += 1
        this.#retry.failed(cause, `keep an edit of "${room}" on this device`)
        const writing = this.#writing
        this.#writing = undefined
        if (writing !== undefined) this.#keepInMemory([writing])
        if (this.#closed) return
        onChange()
        continue
      }
      this.#retry.succeeded()
      this.#inMemory = this.#inMemory.filter((kept) => !batches.includes(kept))
      this.#writing = undefined
      this.#written.push({ first: batch.first, ref: row.ref ?? 0 })
      // Outside: what goes wrong with the announcement is no failure of the store, and must not store the edit again.
      onRow(row)
      onChange()
    }
  }

  #keepInMemory(batches: readonly Batch[]): void {
    if (batches.length === 0) return
    this.#lastSeq += 1
    const batch: VolatileBatch = { ...joined(batches), seq: this.#lastSeq, state: 'unsettled' }
    this.#inMemory.push(batch)
    this.#announce(batch)
  }
}

function joined(batches: readonly Batch[]): Batch {
  const [only] = batches
  if (only !== undefined && batches.length === 1) return only
  return {
    first: Math.min(...batches.map(({ first }) => first)),
    count: countOf(batches),
    update: mergeUpdates(batches.map(({ update }) => update)),
  }
}

function countOf(batches: readonly Batch[]): number {
  return batches.reduce((sum, { count }) => sum + count, 0)
}
