/**
 * The sync of one room with the relay, as the owner tab does it: on bytes alone, whether or not anybody has the room open. A
 * pure machine: no store, socket, clock or randomness; events come in, effects go out, and what is to be written to the device
 * store is collected until the driver (room-sync.ts) takes it. It changes its own state in place.
 *
 * ```
 *               connected               joined
 *   offline ─────────────────▶ joining ────────▶ live ──▶ pushes the outbox …
 *      ▲  ▲                       │                │        … after the refill, if the relay lost data, or lacks some
 *      │  └─ time ── refused ◀────┘ refused        │
 *      │              ▲  (retryAt, or for good)    │ evicted
 *      │              └────────────────────────────┤
 *      └───────────────────────────────────────────┘ disconnected (from any)
 * ```
 *
 * Two positions. `position` is the place in the relay's log up to which everything has *arrived*; `storedPosition` the one that
 * the device store holds, and the only one that counts after a crash. It follows `position`, in the same transaction as what
 * arrived, except while an edit is in memory alone, and during a *refill*: while the relay lacks data that this device was once told
 * is safe there, the old position stays, so that a crash finds the loss again.
 *
 * Wire refs count the pushes of one membership. They are not the refs of rows: several rows are pushed as one, and an edit
 * that the store could not take has no row.
 */
import { DecodeError, IdSet, decodeStateVector, updateIds, type StateVector } from '@syncline/core'
import type { Access, MessageOf, Position, RelayMessage } from '@syncline/protocol'
import { fullJitter } from '../backoff.ts'
import type { DeviceRoom, RejectedRow } from '../device-store/device-store.ts'
import { GatheredUpdates, isUpdate } from '../device-store/gathered-updates.ts'
import { SynclineError } from '../errors.ts'
import { ClientLimits } from '../limits.ts'
import { CONFLICTING_UPDATE, DisputedIds, haveCommonIds } from './disputed-ids.ts'
import { HeldIds } from './held-ids.ts'
import { Outbox, type EditKey, type VolatileKey } from './outbox.ts'
import { Refill, type RefillContent, type RefillDue, type RefillPart } from './refill.ts'
import { splitUpdate } from './split-update.ts'

export type Membership =
  | { readonly state: 'offline' }
  | { readonly state: 'joining' }
  /** `stateVector` is the relay's when this membership began. */
  | { readonly state: 'live'; readonly handle: number; readonly access: Access; readonly stateVector: Uint8Array }
  /** Not a member. Tried again at `retryAt`, or, without it, with the next connection. */
  | { readonly state: 'refused'; readonly error: SynclineError; readonly retryAt: number | undefined }

export type RoomEvent =
  /** The device store was read. It may come late, when the store had failed first. */
  | { readonly type: 'loaded'; readonly room: DeviceRoom }
  /** The device store cannot be read for now: go on without what it holds. */
  | { readonly type: 'load-failed' }
  /** An edit of this device, in the store (a ref) or only in memory. */
  | { readonly type: 'edit'; readonly key: EditKey; readonly update: Uint8Array }
  /** A row from the relay that another owner stored. */
  | { readonly type: 'remote-row'; readonly update: Uint8Array }
  | { readonly type: 'connected'; readonly updateBytesMax: number }
  /** The relay was sent a fresh token over the connection. */
  | { readonly type: 'token-sent' }
  | { readonly type: 'disconnected' }
  | RelayEvent
  /** The answer to the effect `read-settled`. */
  | { readonly type: 'settled-read'; readonly membership: number; readonly refill: RefillContent }
  | { readonly type: 'written'; readonly write: RoomWrite }
  | { readonly type: 'write-failed'; readonly write: RoomWrite }
  | { readonly type: 'time' }

/** What the relay says about a room, awareness apart. */
export type RelayEvent = Extract<
  RelayMessage,
  { readonly type: 'joined' | 'refused' | 'updates' | 'ack' | 'reject' | 'evicted' | 'resync' }
>

export type RoomEffect =
  | { readonly type: 'join'; readonly position: Position | undefined; readonly stateVector: Uint8Array }
  | { readonly type: 'leave'; readonly handle: number }
  | { readonly type: 'push'; readonly handle: number; readonly ref: number; readonly update: Uint8Array }
  /** Show this to the documents of this tab. */
  | { readonly type: 'deliver'; readonly update: Uint8Array }
  /** Read all rows that are settled, and find what `stateVector` lacks; answer with `settled-read` for the same membership. */
  | { readonly type: 'read-settled'; readonly membership: number; readonly stateVector: Uint8Array }

/** One write to the device store: everything that is due, so that the store falls behind by one write at most. */
export interface RoomWrite {
  readonly update: Uint8Array | undefined
  readonly position: Position | undefined
  readonly settledRef: number
  readonly rejected: readonly RejectedRow[]
  /** Whether there is more to it than `update` and its position. */
  readonly settles: boolean
  /** Edits that were only in memory; their bytes are part of `update`. */
  readonly edits: readonly VolatileKey[]
}

export interface RoomContext {
  readonly now: number
  /** 0 ≤ random < 1, fresh for each event. */
  readonly random: number
}

/** Pushes on their way that share their fate: the chunks of one parcel. */
interface Flight {
  readonly firstRef: number
  readonly lastRef: number
  readonly bytes: number
  readonly keys: readonly EditKey[]
  readonly refill: RefillPart | undefined
}

/** Pushes that the relay acknowledged, and that a position from `seq` on covers. */
interface Uncovered {
  readonly seq: number
  readonly keys: readonly EditKey[]
  readonly refill: RefillPart | undefined
}

export class RoomMachine {
  /** Reading the store was tried: from here on the room may be joined. */
  #read = false
  /** The store was read, and `#storedPosition` is what it holds. */
  #loaded = false
  #membership: Membership = { state: 'offline' }
  #memberships = 0
  #refusals = 0
  /** A token was sent after the join that is not answered yet. */
  #tokenIsNewer = false
  #connection: { readonly updateBytesMax: number } | undefined

  readonly #outbox = new Outbox()
  #flights: Flight[] = []
  #bytesInFlight = 0
  #uncovered: Uncovered[] = []
  #headSeqAtJoin = 0
  /** Whether the relay's history has the position that this membership began with. */
  #resumed = false
  #nextWireRef = 1
  readonly #refill = new Refill()
  #pushRetry: { readonly at: number } | undefined
  #pushRetries = 0

  readonly #held = new HeldIds()
  /** The structs of edits that were in the outbox at any time: only of them can the relay send something else. */
  readonly #ownIds = new IdSet()
  readonly #disputed = new DisputedIds()
  /** The structs of edits that the relay refused because it has something else there, which this device needs, too. */
  readonly #conflictingIds = new IdSet()
  /** Whether the relay is to be asked for that: a member was told what it said that it lacked, and has claimed to have these. */
  #rejoinDue = false
  /** Whether this device has anything that it was told is safe at the relay: only that can be missing there. */
  #hasSettled = false
  #position: Position | undefined
  /** Whether something of this membership could not be read: the position stays before it, so that the next one asks for it again. */
  #unreadable = false
  #storedPosition: Position | undefined

  #unwritten = new GatheredUpdates()
  #unwrittenEdits: VolatileKey[] = []
  #unwrittenRejected: RejectedRow[] = []
  #writtenRef = 0

  #lastAckedAt: number | undefined
  #lastError: SynclineError | undefined
  #settledEdits: { readonly key: VolatileKey; readonly rejected: boolean }[] = []

  #context: RoomContext = { now: 0, random: 0 }
  #effects: RoomEffect[] = []

  get membership(): Membership {
    return this.#membership
  }

  /** Rises with each membership: whoever announces itself to a room does so once per number. */
  get memberships(): number {
    return this.#memberships
  }

  get outbox(): Outbox {
    return this.#outbox
  }

  /** The place in the relay's log that the device store holds. */
  get storedPosition(): Position | undefined {
    return this.#storedPosition
  }

  /** What has arrived, or was settled, and is in no row yet. */
  get unwritten(): readonly Uint8Array[] {
    return this.#unwritten.isEmpty ? [] : [this.#unwritten.merged()]
  }

  /** Units of this device's edits that another writer claims with other content. */
  get disputed(): DisputedIds {
    return this.#disputed
  }

  get refilling(): boolean {
    return this.#refill.isUnderWay
  }

  /** Whether the device store was ever read. */
  get loaded(): boolean {
    return this.#loaded
  }

  get lastAckedAt(): number | undefined {
    return this.#lastAckedAt
  }

  /** What went wrong last, until it is known to be over. */
  get lastError(): SynclineError | undefined {
    return this.#lastError
  }

  /** Whether everything of this device is settled at the relay and written down: a room that nobody has open may be left. */
  get drained(): boolean {
    return this.#loaded && this.#outbox.size === 0 && !this.refilling && !this.#writeDue
  }

  /** When the machine wants a `time` event. */
  get deadline(): number | undefined {
    if (this.#membership.state === 'refused') return this.#membership.retryAt
    return this.#membership.state === 'live' ? this.#pushRetry?.at : undefined
  }

  handle(event: RoomEvent, context: RoomContext): readonly RoomEffect[] {
    this.#context = context
    this.#effects = []
    this.#dispatch(event)
    this.#pump()
    return this.#effects
  }

  /** Edits in memory that the relay has settled since the last call. */
  takeSettledEdits(): readonly { readonly key: VolatileKey; readonly rejected: boolean }[] {
    return this.#settledEdits.splice(0)
  }

  /** What is to be written to the device store, if anything. Answer with `written` or `write-failed` before the next call. */
  takeWrite(): RoomWrite | undefined {
    if (!this.#writeDue) return undefined
    const settledRef = this.#settledRefToStore
    const update = this.#loaded && !this.#unwritten.isEmpty ? this.#unwritten.merged() : undefined
    const write: RoomWrite = {
      update,
      position: this.#positionToStore,
      settledRef,
      rejected: this.#unwrittenRejected,
      settles: update === undefined || settledRef > this.#writtenRef || this.#unwrittenRejected.length > 0,
      edits: this.#loaded ? this.#unwrittenEdits : [],
    }
    if (this.#loaded) {
      this.#unwritten = new GatheredUpdates()
      this.#unwrittenEdits = []
    }
    this.#unwrittenRejected = []
    return write
  }

  get #writeDue(): boolean {
    return (
      (this.#loaded && !this.#unwritten.isEmpty) ||
      this.#unwrittenRejected.length > 0 ||
      this.#settledRefToStore > this.#writtenRef ||
      !samePosition(this.#positionToStore, this.#storedPosition)
    )
  }

  /**
   * Whether the stored position stays where it is: during a refill; before the store was read; and with an edit in memory, which the
   * relay may have already, leaves out of what it sends because this device has it, and would leave out after a crash, too.
   */
  get #positionStays(): boolean {
    return this.refilling || !this.#loaded || this.#outbox.hasInMemory
  }

  /** What the device forgets of its outbox lies before the position that it resumes from; if it does not resume, it need not. */
  get #settledRefToStore(): number {
    const mayResume = this.#outbox.hasInMemory || (this.refilling && this.#resumed)
    return mayResume ? this.#writtenRef : this.#outbox.settledRef
  }

  get #positionToStore(): Position | undefined {
    if (this.#positionStays) return this.#storedPosition
    // The place before the first entry is in every history: to have stored it says nothing.
    return this.#position === undefined || this.#position.seq === 0 ? this.#storedPosition : this.#position
  }

  #dispatch(event: RoomEvent): void {
    switch (event.type) {
      case 'loaded':
        return this.#load(event.room)
      case 'load-failed':
        this.#refill.readFailed()
        // Not again: a relay that has refused is asked when it is time.
        if (this.#read) return
        this.#read = true
        return this.#join()
      case 'edit':
        // First what throws for bytes that are no update.
        this.#ownIds.addAll(this.#held.add(event.update))
        this.#outbox.add(event)
        return
      case 'remote-row':
        this.#hasSettled = true
        this.#held.add(event.update)
        return
      case 'connected':
        this.#connection = event
        this.#refusals = 0
        if (this.#read) this.#join()
        return
      case 'token-sent':
        return this.#askAgain()
      case 'disconnected':
        this.#connection = undefined
        return this.#endMembership({ state: 'offline' })
      case 'joined':
        return this.#joined(event)
      case 'refused':
      case 'evicted':
        return this.#refused(event)
      case 'resync':
        return this.#resync(event)
      case 'updates':
        return this.#receive(event)
      case 'ack':
        return this.#acknowledged(event)
      case 'reject':
        return this.#rejected(event)
      case 'settled-read':
        if (event.membership === this.#memberships) this.#readDue(this.#refill.begin(event.refill))
        return
      case 'written':
        return this.#written(event.write)
      case 'write-failed':
        return this.#writeFailed(event.write)
      case 'time':
        return this.#time()
      default:
        return event satisfies never
    }
  }

  #load({ head, rows }: DeviceRoom): void {
    const late = !this.#loaded
    this.#read = true
    this.#loaded = true
    this.#outbox.raise(head.ackedRef, head.rejected)
    this.#writtenRef = Math.max(this.#writtenRef, head.ackedRef)
    // With those that were refused while the store was being read, or that it could not be told of yet.
    const rejected = new Map(this.#outbox.rejected.map(({ ref, code }) => [ref, code]))
    for (const { ref, update } of rows) {
      // The relay refused it, so it is of no use in telling the relay what we have.
      if (ref !== undefined && rejected.has(ref)) {
        if (rejected.get(ref) === CONFLICTING_UPDATE && isUpdate(update)) {
          this.#conflictingIds.addAll(updateIds(update).structs)
        }
        continue
      }
      const structs = this.#holdStored(update)
      if (structs === undefined) continue
      if (ref === undefined || ref <= head.ackedRef) this.#hasSettled = true
      else if (this.#outbox.add({ key: ref, update })) this.#ownIds.addAll(structs)
    }
    if (!late) return
    this.#storedPosition = head.position
    if (this.#membership.state !== 'live') this.#position = head.position
    else if (this.#hasSettled) this.#readSettled(this.#membership.stateVector, true)
    this.#join()
  }

  /** A row that was damaged on this device is left alone; the relay may have what was in it. */
  #holdStored(update: Uint8Array): IdSet | undefined {
    try {
      return this.#held.add(update)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#lastError = new SynclineError('store-failed', 'A row on this device is damaged', { cause: error })
      return undefined
    }
  }

  #join(): void {
    if (this.#connection === undefined || this.#membership.state === 'joining' || this.#membership.state === 'live')
      return
    this.#membership = { state: 'joining' }
    this.#tokenIsNewer = false
    // Before the store was read, nobody knows what this device was told is safe: joining without a position keeps it possible
    // to look for a loss once the store can be read.
    const position = this.#loaded && this.#held.hasAll(this.#conflictingIds) ? this.#position : undefined
    this.#rejoinDue = false
    this.#effects.push({ type: 'join', position, stateVector: this.#held.encodeStateVector() })
  }

  #joined({ handle, access, position, resumed, stateVector }: MessageOf<'joined'>): void {
    if (this.#membership.state !== 'joining') return
    const atRelay = decodeStateVector(stateVector)
    this.#membership = { state: 'live', handle, access, stateVector }
    this.#memberships += 1
    this.#refusals = 0
    this.#forgetPassed('refused')
    this.#nextWireRef = 1
    this.#headSeqAtJoin = position.seq
    this.#resumed = resumed
    this.#unreadable = false
    if (resumed) {
      // The log is the one that we know, and yet it may have a gap that this device can close.
      if (access === 'write' && this.#lacksSettled(atRelay)) this.#readSettled(stateVector, false)
      return
    }
    // The relay answers with what our state vector lacks; until then only an empty log is known to have fully arrived.
    this.#position = position.seq === 0 ? position : undefined
    if (this.#hasSettled) this.#readSettled(stateVector, true)
  }

  /** Whether this device has units beyond the relay's state vector that the outbox, which is pushed anyway, does not bring. */
  #lacksSettled(atRelay: StateVector): boolean {
    const beyond = this.#held.beyond(atRelay)
    if (beyond.length === 0) return false
    const coming = IdSet.union(this.#outbox.updates.map((update) => updateIds(update).structs))
    return beyond.some(({ client, start, end }) => !coming.hasRange(client, start, end))
  }

  /** The relay stored something without what came before it, and asks. It does so once, so it is answered even if that has to wait. */
  #resync({ stateVector }: MessageOf<'resync'>): void {
    decodeStateVector(stateVector)
    if (this.#membership.state !== 'live' || this.#membership.access !== 'write') return
    if (this.refilling) this.#refill.askNext(stateVector.slice())
    else this.#readSettled(stateVector.slice(), false)
  }

  #readSettled(stateVector: Uint8Array, outboxWaits: boolean): void {
    this.#refill.ask(outboxWaits)
    this.#effects.push({ type: 'read-settled', membership: this.#memberships, stateVector })
  }

  /** A refill is done, and another is due, or none. */
  #readDue(due: RefillDue): void {
    if (due !== undefined && this.#membership.state === 'live') this.#readSettled(due, false)
  }

  #refused({ type, code, retryable, message }: MessageOf<'refused'> | MessageOf<'evicted'>): void {
    if (this.#membership.state !== (type === 'refused' ? 'joining' : 'live')) return
    const error = new SynclineError('refused', message, { retryable, wireCode: code })
    this.#lastError = error
    const { retryBaseMs, retryMaxMs } = ClientLimits
    const { now, random } = this.#context
    const retryAt = retryable ? now + fullJitter(this.#refusals, random, retryBaseMs, retryMaxMs) : undefined
    this.#refusals += 1
    this.#endMembership({ state: 'refused', error, retryAt })
    // The refusal may have crossed the token that it does not know of.
    if (this.#tokenIsNewer) this.#askAgain()
  }

  /** What a token did not open, a fresh one may. */
  #askAgain(): void {
    this.#tokenIsNewer = this.#membership.state === 'joining'
    const code = this.#membership.state === 'refused' ? this.#membership.error.wireCode : undefined
    if (code === 'forbidden' || code === 'unauthorized') this.#join()
  }

  #endMembership(next: Membership): void {
    this.#membership = next
    this.#flights = []
    this.#bytesInFlight = 0
    this.#uncovered = []
    this.#pushRetry = undefined
    this.#outbox.putAllBack()
    // An unfinished refill starts over with the next membership, which the old position asks for.
    if (this.refilling) this.#position = this.#storedPosition
    this.#refill.abandon()
  }

  #receive({ position, update }: MessageOf<'updates'>): void {
    if (this.#membership.state !== 'live') return
    const structs = this.#holdReceived(update)
    if (structs === undefined) return
    // Most often it is an echo of what was sent. What was settled cannot be disputed: the relay has it, and compares.
    if (haveCommonIds(structs, this.#ownIds)) this.#disputed.add(this.#outbox.disputed(update))
    this.#unwritten.add(update)
    if (this.#position === undefined || position.seq >= this.#position.seq) this.#advance(position)
    this.#hasSettled = true
    this.#cover()
    this.#effects.push({ type: 'deliver', update })
  }

  /**
   * An update that cannot be read costs neither the connection, which other rooms use, nor the membership, through which edits of
   * this device go out: it would come again with the next one.
   */
  #holdReceived(update: Uint8Array): IdSet | undefined {
    try {
      return this.#held.add(update)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      this.#unreadable = true
      const message = 'The relay sent an update that cannot be read: what others wrote is not all here'
      this.#lastError = new SynclineError('malformed-message', message, { cause: error, retryable: true })
      return undefined
    }
  }

  #advance(position: Position): void {
    if (!this.#unreadable) this.#position = position
  }

  #acknowledged({ ref, position }: MessageOf<'ack'>): void {
    if (this.#membership.state !== 'live') return
    const acked = this.#flights.filter(({ lastRef }) => lastRef <= ref)
    this.#flights = this.#flights.filter(({ lastRef }) => lastRef > ref)
    // What the relay had already is acknowledged without a place of its own; it lies before the head that we joined at.
    const seq = Math.max(position.seq, this.#headSeqAtJoin)
    for (const { bytes, keys, refill } of acked) {
      this.#bytesInFlight -= bytes
      this.#acknowledge(seq, keys, refill)
    }
    // The next place in the log is our own push, so everything up to it has arrived. Any other place: entries of others lie
    // between, which the relay sends as `updates`. (The epoch may differ: a relay begins one with its first append.)
    if (this.#position !== undefined && position.seq === this.#position.seq + 1) this.#advance(position)
    this.#cover()
    if (acked.length === 0) return
    this.#pushRetries = 0
    this.#lastAckedAt = this.#context.now
    if (this.#pushRetry === undefined) this.#forgetPassed('rejected')
  }

  /** The relay takes pushes, or this client, again: what it could not do for a while is no news any more. */
  #forgetPassed(code: 'rejected' | 'refused'): void {
    const error = this.#lastError
    if (error?.code !== code) return
    // A refusal is over when it is; an edit that was refused for good stays refused.
    if (code === 'refused' || error.retryable || error.wireCode === 'read-only') this.#lastError = undefined
  }

  #acknowledge(seq: number, keys: readonly EditKey[], refill: RefillPart | undefined): void {
    this.#outbox.acknowledge(keys)
    for (const key of keys) if (typeof key !== 'number') this.#settledEdits.push({ key, rejected: false })
    this.#uncovered.push({ seq, keys, refill })
  }

  /**
   * Settles what the position covers. An acknowledged push that lies after the position, behind entries of others that have not
   * arrived, is kept to be pushed again: should the relay lose both, a position before them would still be good, and nobody
   * would notice the loss.
   */
  #cover(): void {
    const { seq: covered } = this.#position ?? { seq: -1 }
    for (const { seq, keys, refill } of this.#uncovered) {
      if (seq > covered) continue
      this.#hasSettled = true
      for (const { key, update } of this.#outbox.settle(keys)) {
        if (typeof key === 'number') continue
        // It is part of the relay's history now, but in no row here: it is stored with the position that covers it.
        this.#unwritten.add(update)
        this.#unwrittenEdits.push(key)
      }
      if (refill !== undefined) this.#readDue(this.#refill.partDone())
    }
    this.#uncovered = this.#uncovered.filter(({ seq }) => seq > covered)
  }

  #rejected({ ref, code, retryable, message }: MessageOf<'reject'>): void {
    const index = this.#flights.findIndex(({ firstRef, lastRef }) => firstRef <= ref && ref <= lastRef)
    const flight = this.#flights[index]
    if (this.#membership.state !== 'live' || flight === undefined) return
    this.#flights.splice(index, 1)
    this.#bytesInFlight -= flight.bytes
    this.#lastError = new SynclineError('rejected', message, { retryable, wireCode: code })
    if (code === 'read-only') {
      this.#membership = { ...this.#membership, access: 'read' }
      this.#outbox.putBack(flight.keys)
      if (flight.refill !== undefined) this.#refill.putBack(flight.refill)
      return
    }
    if (code === 'unknown-handle') {
      // The relay and we disagree on whether we are a member: ask again.
      this.#outbox.putBack(flight.keys)
      this.#endMembership({ state: 'offline' })
      return this.#join()
    }
    if (retryable) {
      this.#outbox.putBack(flight.keys)
      if (flight.refill !== undefined) this.#refill.putBack(flight.refill)
      const { retryBaseMs, retryMaxMs } = ClientLimits
      const { now, random } = this.#context
      // At least half the base: the relay just said that it cannot take it now.
      this.#pushRetry ??= { at: now + retryBaseMs / 2 + fullJitter(this.#pushRetries, random, retryBaseMs, retryMaxMs) }
      this.#pushRetries += 1
      return
    }
    if (flight.refill !== undefined) return this.#refillPartRejected(flight.refill, code)
    this.#rejectForGood(flight.keys, code)
  }

  #rejectForGood(keys: readonly EditKey[], code: string): void {
    const bad = this.#outbox.rejectForGood(keys, code)
    if (bad === undefined) return
    const { structs } = updateIds(bad.update)
    this.#held.remove(structs)
    if (code === CONFLICTING_UPDATE) {
      this.#disputed.addRefused(bad.update)
      this.#conflictingIds.addAll(structs)
      this.#rejoinDue = true
    }
    if (typeof bad.key === 'number') this.#unwrittenRejected.push({ ref: bad.key, code })
    else this.#settledEdits.push({ key: bad.key, rejected: true })
  }

  #refillPartRejected(part: RefillPart, code: string): void {
    if (this.#refill.isSending && !part.whole && code === CONFLICTING_UPDATE) this.#disputed.addRefused(part.update)
    this.#readDue(this.#refill.partRejected(part))
  }

  #written(write: RoomWrite): void {
    this.#storedPosition = write.position
    this.#writtenRef = Math.max(this.#writtenRef, write.settledRef)
  }

  #writeFailed(write: RoomWrite): void {
    if (write.update !== undefined) this.#unwritten.add(write.update)
    this.#unwrittenEdits.unshift(...write.edits)
    this.#unwrittenRejected.unshift(...write.rejected)
  }

  #time(): void {
    const { now } = this.#context
    if (this.#pushRetry !== undefined && this.#pushRetry.at <= now) this.#pushRetry = undefined
    if (
      this.#membership.state === 'refused' &&
      this.#membership.retryAt !== undefined &&
      this.#membership.retryAt <= now
    ) {
      this.#join()
    }
  }

  /** Pushes what may be pushed now: the refill first, then the outbox, as far as the window reaches. */
  #pump(): void {
    while (
      this.#membership.state === 'live' &&
      this.#membership.access === 'write' &&
      !this.#refill.holdsOutbox &&
      this.#pushRetry === undefined &&
      this.#flights.length < ClientLimits.pushesInFlightMax &&
      this.#bytesInFlight < ClientLimits.pushBytesInFlightMax
    ) {
      if (!this.#pushNext(this.#membership.handle, this.#connection?.updateBytesMax ?? 0)) return this.#rejoinIfDue()
    }
  }

  /** Once, after all that is to be refused was. */
  #rejoinIfDue(): void {
    if (!this.#rejoinDue || this.#membership.state !== 'live' || this.#flights.length > 0 || this.refilling) return
    this.#effects.push({ type: 'leave', handle: this.#membership.handle })
    this.#endMembership({ state: 'offline' })
    this.#join()
  }

  #pushNext(handle: number, updateBytesMax: number): boolean {
    const part = this.#refill.take()
    if (part !== undefined) {
      this.#send(handle, part.update, [], part, updateBytesMax)
      return true
    }
    const parcel = this.#outbox.take(Math.min(updateBytesMax, ClientLimits.parcelBytesMax))
    if (parcel === undefined) return false
    this.#send(handle, parcel.update, parcel.keys, undefined, updateBytesMax)
    return true
  }

  #send(
    handle: number,
    update: Uint8Array,
    keys: readonly EditKey[],
    refill: RefillPart | undefined,
    updateBytesMax: number,
  ): void {
    const chunks = update.length <= updateBytesMax ? [update] : splitUpdate(update, updateBytesMax)
    if (chunks === undefined) {
      // Not even sent: a frame above the relay's limit would cost the connection.
      this.#lastError = new SynclineError('rejected', `An edit of ${update.length} bytes is too large for the relay`, {
        wireCode: 'update-too-large',
      })
      if (refill === undefined) this.#rejectForGood(keys, 'update-too-large')
      else this.#refillPartRejected(refill, 'update-too-large')
      return
    }
    const firstRef = this.#nextWireRef
    for (const chunk of chunks) {
      this.#effects.push({ type: 'push', handle, ref: this.#nextWireRef, update: chunk })
      this.#nextWireRef += 1
    }
    this.#flights.push({ firstRef, lastRef: this.#nextWireRef - 1, bytes: update.length, keys, refill })
    this.#bytesInFlight += update.length
  }
}

function samePosition(a: Position | undefined, b: Position | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && a.epoch === b.epoch && a.seq === b.seq)
}
