/**
 * The driver of room-machine.ts, in the owner tab: reads and writes the room's rows, one write at a time, sends what the machine
 * pushes, keeps its timer, and folds rows when the room is quiet. It knows no document.
 */
import { diffUpdate, isEmptyUpdate, mergeUpdates } from '@syncline/core'
import type { ClientMessage, Position } from '@syncline/protocol'
import type { DeviceRoom, DeviceRow, DeviceStore } from '../device-store/device-store.ts'
import { mergeRows } from '../device-store/gathered-updates.ts'
import { StoreRetry } from '../device-store/store-retry.ts'
import { ClientLimits } from '../limits.ts'
import type { Scheduler } from '../scheduler.ts'
import { foldsOf, rowsToFold, settledRows } from './fold.ts'
import type { VolatileKey } from './outbox.ts'
import { toPlainError, type EditsStatus, type RoomRelayStatus } from './relay-status.ts'
import { RoomMachine, type RelayEvent, type RoomEffect, type RoomEvent, type RoomWrite } from './room-machine.ts'
import { Watermark } from './watermark.ts'

export interface RoomSyncOptions {
  readonly room: string
  readonly store: DeviceStore
  readonly scheduler: Scheduler
  readonly random: () => number
  /** Sends a join and brings its answer back through {@link RoomSync.receive}. */
  readonly join: (position: Position | undefined, stateVector: Uint8Array) => void
  readonly send: (message: ClientMessage) => void
  /** An update from the relay, for the document of this tab; other tabs hear of it once it is stored. */
  readonly onUpdate: (update: Uint8Array) => void
  /** An update from the relay is in the device store. */
  readonly onRow: (row: DeviceRow) => void
  /** An update from the relay is not in the device store, and may not be for a while. */
  readonly onUnstored: (update: Uint8Array) => void
  /** Something of {@link RoomSync.status} changed. */
  readonly onStatus: () => void
}

type ReadSettled = Extract<RoomEffect, { type: 'read-settled' }>

/** Edits in memory under one name. */
interface EditsInMemory {
  /** The tab that holds them. */
  readonly holder: string
  readonly settled: Watermark
  readonly stored: Watermark
  readonly rejected: Set<number>
}

export class RoomSync {
  readonly #options: RoomSyncOptions
  readonly #machine = new RoomMachine()
  readonly #retry: StoreRetry
  readonly #edits = new Map<string, EditsInMemory>()
  /** Rows of the store that the machine has seen. */
  readonly #rows = new Watermark(0)
  /** How often it was asked that the rows be read, and how many of these askings had come before what was read last. */
  #loadsAsked = 1
  #loadsDone = 0
  #closed = false
  #rowsToFold = 0
  /** Whether folded rows keep the content of what is deleted. Until somebody opens the room, nobody has said that it may go. */
  #history: 'unknown' | 'keep' | 'drop' = 'unknown'
  #cancelTimer: (() => void) | undefined
  #cancelGap: (() => void) | undefined
  #cancelFold: (() => void) | undefined
  /** Settles when no work on the store is under way. Everything that touches the store goes through {@link RoomSync.#work}. */
  #working: Promise<void> | undefined
  /** What is being written just now. */
  #writing: Uint8Array | undefined
  /** A refill that could not be read yet. */
  #refillToRead: ReadSettled | undefined

  constructor(options: RoomSyncOptions) {
    this.#options = options
    this.#retry = new StoreRetry(options.scheduler, options.random, () => this.#work())
  }

  /** Whether the room has nothing left to do for somebody who does not have it open. */
  get drained(): boolean {
    return this.#machine.drained && this.#working === undefined
  }

  /** Whether waiting does not help now: the relay lets this client not in, or not write. */
  get stuck(): boolean {
    const { membership } = this.#machine
    if (membership.state === 'refused') return membership.retryAt === undefined
    return membership.state === 'live' && membership.access === 'read'
  }

  /** What is in the room but not in the device store, where a newcomer looks; `undefined` for nothing. */
  get unstored(): Uint8Array | undefined {
    const { unwritten, outbox } = this.#machine
    const updates = [...unwritten, ...outbox.inMemory, ...(this.#writing === undefined ? [] : [this.#writing])]
    return updates.length === 0 ? undefined : mergeUpdates(updates)
  }

  /** Whether there are edits that the relay does not have. */
  get pending(): boolean {
    return this.#machine.outbox.hasUnacked
  }

  get status(): RoomRelayStatus {
    const { membership, memberships, outbox, disputed, lastAckedAt, lastError } = this.#machine
    return {
      sync: membership.state,
      memberships,
      access: membership.state === 'live' ? membership.access : undefined,
      ackedRef: outbox.ackedRef,
      sentRef: outbox.sentRef,
      rejected: outbox.rejected,
      disputed: disputed.ranges,
      lastAckedAt,
      error: lastError && toPlainError(lastError),
      storeError: this.#retry.error && toPlainError(this.#retry.error),
      edits: Object.fromEntries([...this.#edits].map(([tab, edits]) => [tab, editsStatus(edits)])),
    }
  }

  /** Reads the room from the device store; the room is joined after that, or when that failed. */
  open(): void {
    this.#work()
  }

  /** A tab has opened the room; `forgets` says that its document keeps no history. Whoever keeps it once has it kept. */
  openedBy(forgets: boolean): void {
    if (this.#history !== 'keep') this.#history = forgets ? 'drop' : 'keep'
  }

  /** Reads the room again: rows may be in the store that nobody told of. */
  reload(): void {
    // Also while they are being read: that may have begun too early.
    this.#loadsAsked += 1
    this.#work()
  }

  /** The page may go away: a store that failed is tried again at once. */
  flush(): void {
    this.#retry.hurry()
    this.#work()
  }

  connected(updateBytesMax: number): void {
    this.#handle({ type: 'connected', updateBytesMax })
  }

  /** The relay was sent a fresh token over the connection. */
  tokenSent(): void {
    this.#handle({ type: 'token-sent' })
  }

  disconnected(): void {
    this.#handle({ type: 'disconnected' })
  }

  /** Messages of the relay about this room. Throws `DecodeError` for a state vector that is none; nothing has changed then. */
  receive(message: RelayEvent): void {
    this.#handle(message)
  }

  /** A tab, perhaps this one, has put a row into the store. */
  addRow({ row, ref, update }: DeviceRow): void {
    if (!this.#rows.add(row)) return
    this.#rowsToFold += 1
    this.#handle(ref === undefined ? { type: 'remote-row', update } : { type: 'edit', key: ref, update })
    if (this.#rows.gap && this.#loadsDone === this.#loadsAsked) this.#lookForGap()
  }

  /** Tab `holder`, perhaps this one, has an edit that it could not store, and none under numbers up to `base`. */
  addEdit({ tab, seq, base }: VolatileKey & { readonly base: number }, update: Uint8Array, holder: string): void {
    let known = this.#edits.get(tab)
    if (known === undefined) {
      known = { holder, settled: new Watermark(base), stored: new Watermark(base), rejected: new Set() }
      this.#edits.set(tab, known)
    }
    known.settled.raise(base)
    known.stored.raise(base)
    for (const number of known.rejected) if (number <= base) known.rejected.delete(number)
    if (!known.settled.has(seq)) this.#handle({ type: 'edit', key: { tab, seq }, update })
  }

  /** The tab has left: nobody asks any more what became of its edits. They are pushed all the same. */
  forgetEdits(holder: string): void {
    for (const [name, edits] of this.#edits) if (edits.holder === holder) this.#edits.delete(name)
  }

  /** Leaves the room, and waits for work on the store that is under way. Idempotent. */
  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true
      this.#cancelTimer?.()
      this.#cancelGap?.()
      this.#cancelFold?.()
      this.#retry.stop()
      const { membership } = this.#machine
      if (membership.state === 'live') this.#options.send({ type: 'leave', handle: membership.handle })
    }
    await this.#working
  }

  #handle(event: RoomEvent): void {
    if (this.#closed) return
    const { scheduler, random, onStatus } = this.#options
    const effects = this.#machine.handle(event, { now: scheduler.now(), random: random() })
    for (const effect of effects) this.#perform(effect)
    for (const { key, rejected } of this.#machine.takeSettledEdits()) {
      const edits = this.#edits.get(key.tab)
      edits?.settled.add(key.seq)
      if (!rejected) continue
      edits?.rejected.add(key.seq)
      // Not for the owner to store: whoever holds it does.
      edits?.stored.add(key.seq)
    }
    this.#armTimer()
    this.#work()
    onStatus()
  }

  #perform(effect: RoomEffect): void {
    const { join, send, onUpdate, onUnstored } = this.#options
    switch (effect.type) {
      case 'join':
        return join(effect.position, effect.stateVector)
      case 'leave':
      case 'push':
        return send(effect)
      case 'deliver':
        onUpdate(effect.update)
        if (this.#retry.error !== undefined) onUnstored(effect.update)
        return
      case 'read-settled':
        this.#refillToRead = effect
        if (this.#retry.resting) this.#handle({ type: 'load-failed' })
        return this.#work()
      default:
        return effect satisfies never
    }
  }

  #armTimer(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    const { deadline } = this.#machine
    if (deadline === undefined) return
    const { scheduler } = this.#options
    this.#cancelTimer = scheduler.after(Math.max(0, deadline - scheduler.now()), () => {
      this.#cancelTimer = undefined
      this.#handle({ type: 'time' })
    })
  }

  /** Does what is due on the store, one thing at a time, until nothing is or the store fails. */
  #work(): void {
    if (this.#closed || this.#working !== undefined || this.#retry.resting) return
    const next = this.#nextWork()
    if (next === undefined) return
    this.#working = this.#perhapsFailing(next)
  }

  async #perhapsFailing(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (cause) {
      if (!this.#closed) this.#retry.failed(cause, `keep the room "${this.#options.room}" on this device`)
    }
    this.#working = undefined
    this.#work()
    if (!this.#closed) this.#options.onStatus()
  }

  #nextWork(): (() => Promise<void>) | undefined {
    if (this.#loadsDone < this.#loadsAsked) return () => this.#load()
    const refill = this.#refillToRead
    if (refill !== undefined) return () => this.#readSettled(refill)
    const write = this.#machine.takeWrite()
    if (write !== undefined) return () => this.#write(write)
    if (this.#rowsToFold >= ClientLimits.foldRowsMin) this.#foldWhenIdle()
    return undefined
  }

  async #load(): Promise<void> {
    const { room, store } = this.#options
    const asked = this.#loadsAsked
    try {
      const stored = await store.load(room)
      this.#loadsDone = asked
      this.#retry.succeeded()
      this.#rows.raise(stored.head.nextRow - 1)
      this.#rowsToFold = settledRows(stored).length
      this.#handle({ type: 'loaded', room: stored })
      // Of rows that were told of meanwhile, one before them may be missing.
      if (this.#rows.gap) this.#lookForGap()
    } catch (cause) {
      this.#handle({ type: 'load-failed' })
      const refill = this.#refillToRead
      if (refill !== undefined && !this.#machine.loaded) {
        // A store that was never read: all that this device has is what it receives from now on. One that was has rows to read.
        this.#refillToRead = undefined
        this.#handle(this.#settled(refill, []))
      }
      throw cause
    }
  }

  async #readSettled(effect: ReadSettled): Promise<void> {
    const { room, store } = this.#options
    let stored: DeviceRoom
    try {
      stored = await store.load(room)
    } catch (cause) {
      this.#handle({ type: 'load-failed' })
      throw cause
    }
    this.#retry.succeeded()
    if (this.#refillToRead === effect) this.#refillToRead = undefined
    this.#rows.raise(stored.head.nextRow - 1)
    this.#handle({ type: 'loaded', room: stored })
    const { outbox } = this.#machine
    const rejected = new Set(outbox.rejected.map(({ ref }) => ref))
    const settled = stored.rows.filter(({ ref }) => ref === undefined || !(outbox.has(ref) || rejected.has(ref)))
    this.#handle(this.#settled(effect, settled))
  }

  /** What the relay lacks of `rows`, and of what has arrived but is in no row yet. */
  #settled({ membership, stateVector }: ReadSettled, rows: readonly DeviceRow[]): RoomEvent {
    const all = [...rows.map(({ update }) => update), ...this.#machine.unwritten]
    const missing = diffUpdate(mergeRows(all), stateVector)
    const merged = isEmptyUpdate(missing) ? undefined : missing
    return { type: 'settled-read', membership, refill: { merged, rows: all } }
  }

  async #write(write: RoomWrite): Promise<void> {
    const { room, store, onRow, onUnstored } = this.#options
    const { update, position, settledRef, rejected } = write
    this.#writing = update
    try {
      if (update !== undefined) {
        const row = await store.appendRemote(room, update, position)
        if (row !== undefined) {
          this.#rows.add(row.row)
          this.#rowsToFold += 1
          onRow(row)
          // A tab that nobody here ever heard of may have stored some before it.
          if (this.#rows.gap) this.#lookForGap()
        }
      }
      if (write.settles)
        await store.settle(room, { ackedRef: settledRef, rejected, ...(position === undefined ? {} : { position }) })
    } catch (cause) {
      // While the store fails, other tabs are told of each update as it arrives; of this one they would not hear otherwise.
      if (update !== undefined && this.#retry.error === undefined) onUnstored(update)
      this.#writing = undefined
      this.#handle({ type: 'write-failed', write })
      throw cause
    }
    this.#writing = undefined
    this.#retry.succeeded()
    for (const { tab, seq } of write.edits) this.#edits.get(tab)?.stored.add(seq)
    this.#handle({ type: 'written', write })
  }

  /** Another tab's row is known, but not the one before it: wait for its announcement, then read what is missing. */
  #lookForGap(): void {
    this.#cancelGap ??= this.#options.scheduler.after(ClientLimits.rowGapMs, () => {
      this.#cancelGap = undefined
      if (!this.#rows.gap) return
      // All of it, though a part would do: the announcements nearly always come.
      this.reload()
    })
  }

  #foldWhenIdle(): void {
    this.#cancelFold?.()
    this.#cancelFold = this.#options.scheduler.after(ClientLimits.foldIdleMs, () => {
      this.#cancelFold = undefined
      if (this.#closed || this.#working !== undefined || this.#retry.resting) return
      this.#working = this.#perhapsFailing(() => this.#fold())
    })
  }

  async #fold(): Promise<void> {
    const { room, store } = this.#options
    const due = this.#rowsToFold
    this.#rowsToFold = 0
    try {
      const rows = rowsToFold(await store.load(room))
      for (const { folded, merged } of foldsOf(rows, this.#history === 'drop')) await store.fold(room, folded, merged)
    } catch (cause) {
      // Nothing is lost, but it is tried again: until something works, people are told that the store does not.
      this.#rowsToFold += due
      throw cause
    }
    this.#retry.succeeded()
  }
}

function editsStatus({ settled, stored, rejected }: EditsInMemory): EditsStatus {
  return { settled: settled.value, stored: stored.value, rejected: [...rejected] }
}
