/**
 * Puts the edits of one open document into the device store: one write at a time, everything that comes meanwhile merged, as it
 * comes, into the next. Only a page that may go away does not wait for the write under way. An edit that the store cannot take
 * lives in memory, is pushed from there, and is stored later, if it can be.
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
import { GatheredUpdates, mergeRows } from '../device-store/gathered-updates.ts'
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

/** `count` edits, `first` the earliest of them. */
interface Edits {
  readonly first: number
  readonly count: number
}

/** Edits as one update. */
interface Batch extends Edits {
  readonly update: Uint8Array
}

/** Edits that were not handed to the store yet. */
interface Waiting extends Edits {
  count: number
  readonly updates: GatheredUpdates
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
  /** The relay acknowledged all of it while it was on its way into the store. */
  readonly atRelay: boolean
}

export class EditWriter {
  readonly #options: EditWriterOptions
  readonly #retry: StoreRetry
  #edits = 0
  #waiting: Waiting | undefined
  /** Edits that the store was handed for the first time, a write each. */
  readonly #writing = new Set<Batch>()
  /** Writes beside that of {@link EditWriter.#run}. */
  readonly #hastened = new Set<Promise<unknown>>()
  #inMemory: VolatileBatch[] = []
  /** Edits that are no update to the core, as when values are nested too deeply: neither merged, stored nor sent. */
  readonly #unreadable: Batch[] = []
  #lastSeq = 0
  /** Rows that are not settled at the relay yet. */
  #written: WrittenBatch[] = []
  /** Rows that the relay refused. */
  readonly #refusedRows: WrittenBatch[] = []
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

  /** Whether there is something to be had from {@link EditWriter.unstoredUpdate}, or from {@link EditWriter.refusedUpdate}. */
  get hasUnstored(): boolean {
    return this.#inMemory.length > 0 || this.#onTheWay.length > 0
  }

  /** What the device store does not have, as one update, but for what is no update, or was refused; `undefined` for nothing. */
  get unstoredUpdate(): Uint8Array | undefined {
    const inMemory = this.#inMemory.filter(({ state }) => state !== 'rejected')
    const updates = [...inMemory, ...this.#writing].map(({ update }) => update)
    if (this.#waiting !== undefined) updates.push(this.#waiting.updates.merged())
    return updates.length === 0 ? undefined : mergeRows(updates)
  }

  /** What neither the device store has nor the relay wants, as one update; `undefined` for nothing. */
  get refusedUpdate(): Uint8Array | undefined {
    const updates = this.#rejected.map(({ update }) => update)
    return updates.length === 0 ? undefined : mergeRows(updates)
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

  /** Every ref up to this one is acknowledged by the relay, if every ref up to `ackedRef` is. */
  ackedThrough(ackedRef: number): number {
    let ref = ackedRef
    while (this.#written.some((batch) => batch.atRelay && batch.ref === ref + 1)) ref += 1
    return ref
  }

  /** Takes one edit; it is written in this turn of the event loop, with all others of the turn. */
  add(update: Uint8Array): void {
    this.#edits += 1
    this.#add(update, this.#edits)
  }

  /** All that was stored is gone. `state` is an edit that has all of it: those before it are where it is from now on. */
  storeLost(state: Uint8Array): void {
    this.#written = []
    this.#edits += 1
    this.#add(state, 1)
  }

  #add(update: Uint8Array, first: number): void {
    const waiting = this.#waiting ?? { first, count: 0, updates: new GatheredUpdates() }
    if (waiting.updates.add(update) === 'damaged') {
      this.#unreadable.push({ first, count: 1, update })
      return this.#options.onChange()
    }
    waiting.count += 1
    this.#waiting = { ...waiting, first: Math.min(waiting.first, first) }
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
    return this.#waiting !== undefined && !(this.#retry.resting && this.#memoryIsFull)
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

  /**
   * The page may go away at any moment: what waits is handed to the store in this very turn, also while a write is under way. The
   * store writes in the order of the calls. Beyond `writesHastenedMax` such writes, edits wait as always.
   */
  hasten(): void {
    this.#retry.hurry()
    if (!this.#closed && this.#waiting !== undefined && this.#hastened.size < ClientLimits.writesHastenedMax) {
      const fresh = this.#takeWaiting()!
      const writing: Promise<unknown> = this.#store([fresh], fresh).finally(() => this.#hastened.delete(writing))
      this.#hastened.add(writing)
    }
    this.flush()
  }

  /** Whether the relay refused the row of this ref, and it holds an edit up to `edit`. */
  refusedRowThrough(ref: number, edit: number): boolean {
    return this.#refusedRows.some((batch) => batch.ref === ref && batch.first <= edit)
  }

  /** The relay settled rows up to this ref; of them, it refused `rejected`. */
  settled(ackedRef: number, rejected: readonly number[]): void {
    const refused = this.#written.filter(({ ref }) => ref <= ackedRef && rejected.includes(ref))
    // Who waits for an edit may not have been told which row it is in.
    this.#refusedRows.push(...refused)
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
    if (this.#waiting !== undefined) this.flush()
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
    while (this.#run !== undefined || this.#hastened.size > 0) await Promise.all([this.#run, ...this.#hastened])
    this.#retry.stop()
  }

  get #unstored(): readonly Edits[] {
    return [...this.#unreadable, ...this.#inMemory, ...this.#onTheWay]
  }

  get #rejected(): readonly VolatileBatch[] {
    return this.#inMemory.filter(({ state }) => state === 'rejected')
  }

  get #unsettled(): readonly Edits[] {
    return [...this.#inMemory.filter(({ state }) => state === 'unsettled'), ...this.#onTheWay]
  }

  get #onTheWay(): readonly Edits[] {
    return this.#waiting === undefined ? [...this.#writing] : [...this.#writing, this.#waiting]
  }

  async #write(): Promise<void> {
    for (;;) {
      if (this.#retry.resting) {
        // Beyond the bound they wait here, merged, until the relay has settled some.
        if (!this.#memoryIsFull) this.#keepInMemory(this.#takeWaiting())
        return
      }
      const retried = this.#inMemory.filter(({ state }) => state === 'unsettled')
      const fresh = this.#takeWaiting()
      const due = fresh === undefined ? retried : [...retried, fresh]
      // What the relay refused is kept, too, in a row of its own: with it, good edits would be refused again.
      const batches = due.length > 0 ? due : this.#rejected.slice(0, 1)
      if (batches.length === 0) return
      const stored = await this.#store(batches, fresh)
      if (!stored && this.#closed) return
    }
  }

  #takeWaiting(): Batch | undefined {
    const waiting = this.#waiting
    this.#waiting = undefined
    return waiting && { first: waiting.first, count: waiting.count, update: waiting.updates.merged() }
  }

  /**
   * Makes one row of these edits, of which `fresh` are new to the store; the others are in memory, and stay there until this has
   * worked. Returns whether it has; never rejects.
   */
  async #store(batches: readonly Batch[], fresh: Batch | undefined): Promise<boolean> {
    const { room, store, onRow, onChange } = this.#options
    const batch = joined(batches)
    if (fresh !== undefined) this.#writing.add(fresh)
    let row: DeviceRow
    try {
      row = await store.appendLocal(room, batch.update)
    } catch (cause) {
      this.#failures += 1
      this.#retry.failed(cause, `keep an edit of "${room}" on this device`)
      if (fresh !== undefined) this.#writing.delete(fresh)
      this.#keepInMemory(fresh)
      onChange()
      return false
    }
    this.#retry.succeeded()
    // By what each has become: those that the owner has stored meanwhile are not in memory any more.
    const atRelay = batches.every((stored) => isVolatile(stored) && stored.state === 'settled')
    this.#inMemory = this.#inMemory.filter((kept) => !batches.includes(kept))
    if (fresh !== undefined) this.#writing.delete(fresh)
    this.#written.push({ first: batch.first, ref: row.ref ?? 0, atRelay })
    // Outside: what goes wrong with the announcement is no failure of the store, and must not store the edit again.
    onRow(row)
    onChange()
    return true
  }

  #keepInMemory(fresh: Batch | undefined): void {
    if (fresh === undefined) return
    this.#lastSeq += 1
    const batch: VolatileBatch = { ...fresh, seq: this.#lastSeq, state: 'unsettled' }
    this.#inMemory.push(batch)
    this.#announce(batch)
  }
}

function isVolatile(batch: Batch): batch is VolatileBatch {
  return 'state' in batch
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

function countOf(batches: readonly Edits[]): number {
  return batches.reduce((sum, { count }) => sum + count, 0)
}
