/**
 * The edits of one room that the relay has not settled yet, in order, and which of them are on their way. Pure bookkeeping:
 * bytes come in, *parcels* (several edits merged into one update) go out, acks and rejects settle them.
 *
 * An edit is named by its key: a row of the device store by its ref, or, where the store could not take it, by the tab that
 * holds it in memory and that tab's own count. Refs come without gaps, so how far the relay got is one number.
 *
 * ```
 *   waiting ──take──▶ sent ──acknowledge──▶ acked ──settle──▶ gone from here
 *      ▲               │ └───rejectForGood──▶ gone, if it was alone; else waiting, to be sent alone
 *      └───────────────┴── putBack: retryable reject, or connection lost (acked edits too)
 * ```
 *
 * *Acked* is what people are told: the relay has it. *Settled* is what the device may forget: not only has the relay it, but a
 * relay that loses it again will be found out, since the position that this device resumes from lies after it.
 */
import type { IdRange } from '@syncline/core'
import type { RejectedRow } from '../device-store/device-store.ts'
import { GatheredUpdates, mergeRows } from '../device-store/gathered-updates.ts'
import { Watermark } from './watermark.ts'

/** An edit that is in memory only: the `seq`-th of tab `tab`. */
export interface VolatileKey {
  readonly tab: string
  readonly seq: number
}

/** A row's ref, or the key of an edit in memory. */
export type EditKey = number | VolatileKey

export interface OutboxEdit {
  readonly key: EditKey
  readonly update: Uint8Array
}

interface Entry extends OutboxEdit {
  state: 'waiting' | 'sent' | 'acked'
  /** Never merged with others: one of the edits that it was merged with before was refused. */
  alone: boolean
}

/** What goes to the relay as one: edits that share their fate. */
export interface Parcel {
  readonly keys: readonly EditKey[]
  readonly update: Uint8Array
}

export class Outbox {
  /** In order of arrival. A map keeps removal cheap when thousands of edits are acknowledged one parcel at a time. */
  readonly #entries = new Map<string, Entry>()
  readonly #rejected = new Map<number, string>()
  readonly #acked = new Watermark(0)
  readonly #settled = new Watermark(0)
  #lastRef = 0
  #inMemory = 0

  /** Every ref up to this one is acknowledged or rejected. */
  get ackedRef(): number {
    return this.#acked.value
  }

  /** Every ref up to this one is settled or rejected. */
  get settledRef(): number {
    return this.#settled.value
  }

  /** The highest ref seen. */
  get lastRef(): number {
    return this.#lastRef
  }

  /** Every ref up to this one is settled or on its way to the relay. */
  get sentRef(): number {
    for (const { key, state } of this.#entries.values()) {
      if (typeof key === 'number' && state === 'waiting') return key - 1
    }
    return this.#lastRef
  }

  get rejected(): readonly RejectedRow[] {
    return [...this.#rejected].map(([ref, code]) => ({ ref, code }))
  }

  /** Whether the row with this ref is here: neither settled nor refused. */
  has(ref: number): boolean {
    return this.#entries.has(nameOf(ref))
  }

  /** How many edits are not settled. */
  get size(): number {
    return this.#entries.size
  }

  /** The updates of all edits that are not settled. */
  get updates(): readonly Uint8Array[] {
    return [...this.#entries.values()].map(({ update }) => update)
  }

  /** The edits that are in no row. */
  get inMemory(): readonly Uint8Array[] {
    return [...this.#entries.values()].filter(({ key }) => typeof key !== 'number').map(({ update }) => update)
  }

  /** Whether there is an edit that is in no row. Cheap where there is none, as nearly always. */
  get hasInMemory(): boolean {
    return this.#inMemory > 0
  }

  /** Whether there is an edit that the relay was never heard to have. */
  get hasUnacked(): boolean {
    for (const { key, state } of this.#entries.values()) {
      if (state !== 'acked' && !(typeof key === 'number' && this.#acked.has(key))) return true
    }
    return false
  }

  /** The units of edits that are here which `update`, from elsewhere, claims with other content. Linear in what is here. */
  disputed(update: Uint8Array): readonly IdRange[] {
    return GatheredUpdates.of([mergeRows(this.updates), update]).conflicts
  }

  /** What the device store, or another owner, knows to be settled. Idempotent. */
  raise(ackedRef: number, rejected: readonly RejectedRow[]): void {
    for (const { ref, code } of rejected) {
      this.#rejected.set(ref, code)
      this.#acked.add(ref)
      this.#settled.add(ref)
    }
    this.#acked.raise(ackedRef)
    this.#settled.raise(ackedRef)
    this.#lastRef = Math.max(this.#lastRef, ackedRef)
    for (const [name, { key }] of this.#entries) {
      if (typeof key === 'number' && this.#settled.has(key)) this.#entries.delete(name)
    }
  }

  /** Adds an edit, unless it is known or settled. Returns whether it was added. */
  add({ key, update }: OutboxEdit): boolean {
    if (typeof key === 'number' && this.#settled.has(key)) return false
    const name = nameOf(key)
    if (this.#entries.has(name)) return false
    this.#entries.set(name, { key, update, state: 'waiting', alone: false })
    if (typeof key === 'number') this.#lastRef = Math.max(this.#lastRef, key)
    else this.#inMemory += 1
    return true
  }

  /**
   * Takes the next waiting edits, merged: as many as `bytesMax` bytes hold before merging, but at least one. The caller sends
   * the parcel and settles it, or puts it back.
   */
  take(bytesMax: number): Parcel | undefined {
    const taken: Entry[] = []
    let bytes = 0
    for (const entry of this.#entries.values()) {
      if (entry.state !== 'waiting') continue
      if (taken.length > 0 && (entry.alone || bytes + entry.update.length > bytesMax)) break
      taken.push(entry)
      bytes += entry.update.length
      if (entry.alone) break
    }
    const [first] = taken
    if (first === undefined) return undefined
    if (taken.length === 1) {
      first.state = 'sent'
      return { keys: [first.key], update: first.update }
    }
    const gathered = new GatheredUpdates()
    const keys: EditKey[] = []
    for (const entry of taken) {
      // What contradicts those before it goes alone: merged with them it would be left out, and acknowledged all the same.
      if (gathered.add(entry.update) !== 0) {
        entry.alone = true
        continue
      }
      entry.state = 'sent'
      keys.push(entry.key)
    }
    return { keys, update: gathered.encode(0) }
  }

  /** The edits are durable at the relay. Idempotent. */
  acknowledge(keys: readonly EditKey[]): void {
    for (const key of keys) {
      const entry = this.#entries.get(nameOf(key))
      if (entry === undefined) continue
      entry.state = 'acked'
      if (typeof key === 'number') this.#acked.add(key)
    }
  }

  /** The edits can be forgotten. Returns those that were still here. Idempotent. */
  settle(keys: readonly EditKey[]): readonly OutboxEdit[] {
    const settled: OutboxEdit[] = []
    for (const key of keys) {
      const entry = this.#entries.get(nameOf(key))
      if (entry === undefined) continue
      this.#remove(entry)
      settled.push(entry)
    }
    return settled
  }

  /**
   * The relay refuses the parcel for good. A single edit is settled as rejected, and returned; of several, each is to be sent
   * alone, so that the bad one is found and the others are not lost with it.
   */
  rejectForGood(keys: readonly EditKey[], code: string): OutboxEdit | undefined {
    const entries = keys.map((key) => this.#entries.get(nameOf(key))).filter((entry) => entry !== undefined)
    const [only] = entries
    if (only === undefined) return undefined
    if (entries.length > 1) {
      for (const entry of entries) {
        entry.state = 'waiting'
        entry.alone = true
      }
      return undefined
    }
    if (typeof only.key === 'number') this.#rejected.set(only.key, code)
    this.#remove(only)
    return only
  }

  /** The edits were not taken this time: they wait again, in their old place. */
  putBack(keys: readonly EditKey[]): void {
    for (const key of keys) {
      const entry = this.#entries.get(nameOf(key))
      if (entry !== undefined) entry.state = 'waiting'
    }
  }

  /** Nothing is on its way any more. */
  putAllBack(): void {
    for (const entry of this.#entries.values()) entry.state = 'waiting'
  }

  #remove({ key }: Entry): void {
    this.#entries.delete(nameOf(key))
    if (typeof key !== 'number') {
      this.#inMemory -= 1
      return
    }
    this.#acked.add(key)
    this.#settled.add(key)
  }
}

function nameOf(key: EditKey): string {
  return typeof key === 'number' ? `${key}` : `${key.tab} ${key.seq}`
}
