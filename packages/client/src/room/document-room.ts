/**
 * A room with its document, as one tab has it. Edits of the document go to the device store, and from there, through the host,
 * to the other tabs and to the owner's engine, which may live in this tab or in another: this file cannot tell. What they
 * send comes in through the methods under "from the host".
 *
 * ```
 *   inert ──open──▶ loading ──▶ open ──close──▶ closed        (close from any)
 * ```
 */
import {
  decodeStateVector,
  diffUpdate,
  emptyUpdate,
  encodeStateVectorFromUpdate,
  isEmptyUpdate,
  updateIds,
  type IdRange,
} from '@syncline/core'
import type { Awareness } from 'y-protocols/awareness'
import { emptyDeviceHead, type DeviceHead, type DeviceRow, type DeviceStore } from '../device-store/device-store.ts'
import { GatheredUpdates, isUpdate, mergeRows } from '../device-store/gathered-updates.ts'
import type { LastWords, LastWordsStore } from '../device-store/last-words.ts'
import { StoreRetry } from '../device-store/store-retry.ts'
import { SynclineError } from '../errors.ts'
import { ClientLimits } from '../limits.ts'
import type { Scheduler } from '../scheduler.ts'
import {
  fromPlainError,
  initialRoomRelayStatus,
  type ConnectionStatus,
  type RoomRelayStatus,
} from '../sync/relay-status.ts'
import { conflictOf, CONFLICTING_UPDATE, DisputedIds } from '../sync/disputed-ids.ts'
import { Watermark } from '../sync/watermark.ts'
import type { TabMessage } from '../tabs/tabs.ts'
import { callListener } from '../uncaught.ts'
import { DocReplica } from './doc-replica.ts'
import { EditWriter } from './edit-writer.ts'
import { FROM_RELAY, Presence } from './presence.ts'
import { reissued } from './reissue.ts'
import type { Source } from './replica.ts'
import type { RoomDoc } from './room-doc.ts'
import type { RejectedEdit, Room, WaitOptions } from './room.ts'
import { StatusCell } from './status-cell.ts'
import { latestEdit, rowsAfter, type EditFacts, type RoomStatus } from './status.ts'
import { StoredRows } from './stored-rows.ts'
import { WaitingList, type WaitVerdict } from './waiting-list.ts'

export interface RoomHost<Document extends RoomDoc> {
  readonly store: DeviceStore
  /** Why what is stored is lost with the process; `undefined` for a store that outlives it. */
  readonly storeError: SynclineError | undefined
  /** Where to leave what is not stored when the page goes away; `undefined` where there is no such place. */
  readonly lastWords: LastWordsStore | undefined
  readonly scheduler: Scheduler
  readonly random: () => number
  /** A name that nobody has, for the edits in memory of one opening of a room. */
  readonly newEditsName: () => string
  readonly connection: ConnectionStatus
  readonly createDoc: (room: string) => Document
  /** Opens the client, and says that this tab has the room open, or not any more. */
  readonly opened: (room: DocumentRoom<Document>) => Promise<void>
  readonly closed: (room: DocumentRoom<Document>) => void
  /** To the other tabs and to the engine, if it lives here. */
  readonly post: (message: TabMessage) => void
}

/** Who applied a change to a document, as the origin of the document's transaction. */
export const roomSources: Readonly<Record<'relay' | 'tabs' | 'store', Source>> = {
  /** Another device, through the relay. */
  relay: { source: 'relay' },
  /** Another tab of this device. */
  tabs: { source: 'tabs' },
  /** What this device had kept. */
  store: { source: 'store' },
}

const ownSources: ReadonlySet<unknown> = new Set(Object.values(roomSources))

type Lifecycle =
  | { readonly state: 'inert' }
  | { readonly state: 'loading' | 'open'; readonly loaded: Promise<void> }
  | { readonly state: 'closed'; readonly closing: Promise<void> }

interface View<Document extends RoomDoc> {
  readonly replica: DocReplica<Document>
  presence: Presence | undefined
}

export class DocumentRoom<Document extends RoomDoc> implements Room<Document> {
  readonly name: string
  readonly #host: RoomHost<Document>
  readonly #writer: EditWriter
  readonly #status: StatusCell<RoomStatus>
  readonly #waits = new WaitingList()
  readonly #retry: StoreRetry
  #life: Lifecycle = { state: 'inert' }
  #view: View<Document> | undefined
  #stopListening: (() => void) | undefined
  /** Rows of the device store that the document has. */
  readonly #rows = new Watermark(0)
  /** The head as last read; later, the owner knows better. */
  #head: DeviceHead = emptyDeviceHead
  #lastRef = 0
  /** The highest ref up to which an owner said that all is acknowledged: the next owner may know less at first. */
  #heardAckedRef = 0
  readonly #editsName: string
  #relay: RoomRelayStatus = initialRoomRelayStatus
  #cancelGap: (() => void) | undefined
  /** Whether another tab said that the store could not take something. */
  #heardUnstored = false
  #reading: Promise<unknown> | undefined
  #readOnceMore = false
  readonly #disputed = new DisputedIds()
  /** Refused rows that the document was loaded without. */
  readonly #leftOut = new Set<number>()
  /** Last words of this page, or of earlier ones, that are to be forgotten once nothing is unstored. */
  readonly #lastWords = new Map<string, LastWords>()
  /** The ref up to which all was settled when the document was loaded: no edit before it can be refused any more. */
  #settledAtLoading: number | undefined

  constructor(name: string, host: RoomHost<Document>) {
    this.name = name
    this.#host = host
    const { store, scheduler, random } = host
    const tab = host.newEditsName()
    this.#editsName = tab
    this.#retry = new StoreRetry(scheduler, random, () => this.#readAgain())
    this.#writer = new EditWriter({
      room: name,
      store,
      scheduler,
      random,
      onRow: (row) => this.#ownRowStored(row),
      onVolatile: ({ seq, base, update }) => host.post({ type: 'edit', room: name, key: { tab, seq, base }, update }),
      onChange: () => this.#changed(),
    })
    this.#status = new StatusCell(() => this.#computeStatus())
  }

  get doc(): Document {
    return this.#replica.doc
  }

  get awareness(): Awareness {
    return this.#presence.awareness
  }

  get status(): RoomStatus {
    return this.#status.value
  }

  get loaded(): Promise<void> {
    return this.open()
  }

  open(): Promise<void> {
    if (this.#life.state === 'closed') return Promise.reject(closedError(this.name))
    if (this.#life.state !== 'inert') return this.#life.loaded
    // The document is made, and the other tabs are found, while it opens.
    this.#host.store.open?.()
    try {
      this.#makeView()
    } catch (error) {
      // The app's, who hears of it; the room is as it was, and may be opened again.
      return Promise.reject(error)
    }
    const loaded = this.#load()
    // Whoever opened the room without waiting is told by the status.
    loaded.catch(() => undefined)
    this.#life = { state: 'loading', loaded }
    this.#changed()
    return loaded
  }

  async whenStored(options: WaitOptions = {}): Promise<void> {
    await this.#opened(options)
    if (this.#host.storeError !== undefined) throw this.#host.storeError
    const { edits, failures } = this.#writer
    if (this.#writer.error !== undefined) this.#writer.hurry()
    await this.#waits.wait((): WaitVerdict => {
      const { error } = this.#writer
      if (this.#writer.storedThrough(edits)) return 'done'
      if (this.#writer.unreadableThrough(edits)) return refusal()
      // The attempt that this wait asked for failed, or there is nothing to attempt here while the store fails the owner.
      return this.#writer.failures > failures || this.#writer.leftToOwner(edits) ? error : undefined
    }, options.signal)
  }

  async whenAcked(options: WaitOptions = {}): Promise<void> {
    await this.#opened(options)
    const { edits } = this.#writer
    const lastRef = this.#lastRef
    const known = new Set(this.#rejectedRefs())
    await this.#waits.wait((): WaitVerdict => {
      const ref = this.#writer.refThrough(edits)
      const refused = this.#rejectedRefs().some(
        (rejected) =>
          !known.has(rejected) &&
          (rejected <= Math.max(lastRef, ref ?? 0) || this.#writer.refusedRowThrough(rejected, edits)),
      )
      if (refused || this.#writer.rejectedThrough(edits)) {
        return refusal()
      }
      return ref !== undefined && this.#ackedRef >= Math.max(lastRef, ref) ? 'done' : undefined
    }, options.signal)
  }

  subscribe(listener: (status: RoomStatus) => void): () => void {
    return this.#status.subscribe(listener)
  }

  async exportRejected(): Promise<readonly RejectedEdit[]> {
    const inMemory = this.#writer.refused.map(({ code, update }) => ({ ref: undefined, code, update }))
    const { head, rows } = await this.#host.store.load(this.name)
    const codes = new Map(head.rejected.map(({ ref, code }) => [ref, code]))
    // The owner may know of one that it has not written down yet.
    for (const { ref, code } of this.#relay.rejected) codes.set(ref, code)
    const stored = rows.flatMap(({ ref, update }) => {
      const code = ref === undefined ? undefined : codes.get(ref)
      return code === undefined ? [] : [{ ref, code, update }]
    })
    return [...stored, ...inMemory]
  }

  async reissueRejected(): Promise<number> {
    await this.open()
    // Those before an edit that may yet be refused, so that what is reissued grows at its end alone, and new names stay.
    const refMax = this.#settledAtLoading ?? 0
    const edits = (await this.exportRejected()).filter(
      ({ ref }) => ref !== undefined && ref <= refMax && this.#leftOut.has(ref),
    )
    if (this.#life.state !== 'open') throw closedError(this.name)
    const update = reissued(edits.map((edit) => edit.update))
    // Without a source of ours: it is an edit like any other.
    callListener(() => this.#replica.applyEdit(update, { source: 'reissue' }))
    return edits.length
  }

  close(): Promise<void> {
    if (this.#life.state === 'closed') return this.#life.closing
    const closing = this.#close(this.#life.state !== 'inert')
    this.#life = { state: 'closed', closing }
    this.#changed()
    return closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  // From the host.

  /** What the other tabs and the owner hear of this room being open. */
  get opening(): TabMessage {
    return { type: 'open', room: this.name, forgets: this.#replica.forgets }
  }

  /** The page may go away at any moment: what can be put away is being put away. */
  flush(): void {
    this.#writer.hasten()
    this.#leaveLastWords()
    this.#view?.presence?.flush()
  }

  /** An update from the relay, by this tab's own engine; its row is announced later. */
  applyFromRelay(update: Uint8Array): void {
    this.#apply(update, roomSources.relay)
  }

  /** A row whose content the document was given already. While it loads, it reads the row all the same. */
  noteRow({ row }: DeviceRow): void {
    if (this.#life.state !== 'open') return
    this.#rows.add(row)
    if (this.#rows.gap) this.#lookForGap()
  }

  /** A row of another tab, or that another tab's engine got from the relay. */
  applyRow({ row, ref, update }: DeviceRow): void {
    // Nothing of the store is read yet: it will be, whole.
    if (!this.#isOpen) return
    if (ref !== undefined) this.#lastRef = Math.max(this.#lastRef, ref)
    if (this.#rows.add(row)) this.#apply(update, ref === undefined ? roomSources.relay : roomSources.tabs)
    if (this.#rows.gap && this.#life.state === 'open') this.#lookForGap()
    this.#changed()
  }

  /** An update that another tab could not store. */
  applyUnstored(update: Uint8Array, edited: boolean): void {
    this.#heardUnstored = true
    this.#apply(update, edited ? roomSources.tabs : roomSources.relay)
  }

  receiveAwareness(payload: Uint8Array, tab: string | undefined): void {
    if (this.#isOpen) this.#presence.receive(payload, tab ?? FROM_RELAY)
  }

  tabGone(tab: string): void {
    this.#view?.presence?.forget(tab)
    this.#adoptUnstored()
    // It may have ended between storing a row and telling of it.
    this.#onceLoaded(() => this.#readAgain())
  }

  /** Another tab has opened this room: it should see who is here. */
  openedElsewhere(): void {
    if (this.#isOpen) this.#view?.presence?.renew()
  }

  /** Another tab has closed this room. */
  closedElsewhere(): void {
    this.#adoptUnstored()
  }

  receiveRelayStatus(status: RoomRelayStatus): void {
    if (!this.#isOpen) return
    const before = this.#relay
    this.#relay = status
    this.#heardAckedRef = Math.max(this.#heardAckedRef, status.ackedRef)
    this.#dispute(status.disputed)
    this.#writer.settled(status.ackedRef, this.#rejectedRefs())
    const edits = status.edits[this.#editsName]
    if (edits !== undefined) this.#writer.settledInMemory(edits)
    const { presence } = this.#view ?? {}
    if (status.sync === 'live' && status.memberships !== before.memberships) presence?.announce()
    if (status.sync !== before.sync) presence?.setLive(status.sync === 'live')
    this.#changed()
  }

  /** There is a new owner, in this tab or another: it starts without knowing what is only in memory here. */
  ownerChanged(): void {
    if (!this.#isOpen) return
    this.#relay = { ...this.#relay, memberships: 0 }
    this.#host.post(this.opening)
    this.#writer.announceInMemory()
    this.#adoptUnstored()
  }

  /** Other tabs may have said things that did not arrive here. */
  messagesMissed(): void {
    this.#onceLoaded(() => {
      this.#readAgain()
      this.#host.post(this.opening)
      this.#writer.announceInMemory()
    })
  }

  /** All that this device had stored is gone. What the document has is an edit again: nobody knows what of it is elsewhere. */
  storeLost(): void {
    if (!this.#isOpen) return
    const facts = this.#facts()
    // Who may only read gets all of it again, unless there are edits that the relay never took.
    const atRelay = this.#relay.access === 'read' && facts.unsettled === 0 && rowsAfter(0, facts) === 0
    this.#head = emptyDeviceHead
    const state = this.#replica.encodeDiff()
    if (!isEmptyUpdate(state) && !atRelay) this.#writer.storeLost(state)
    this.#readAgain()
    this.#changed()
  }

  connectionChanged(): void {
    this.#changed()
  }

  // Inside.

  get #isOpen(): boolean {
    return this.#life.state === 'loading' || this.#life.state === 'open'
  }

  get #replica(): DocReplica<Document> {
    return this.#makeView().replica
  }

  /** Throws what `createDoc` throws. */
  #makeView(): View<Document> {
    this.#view ??= { replica: new DocReplica(this.#host.createDoc(this.name)), presence: undefined }
    return this.#view
  }

  get #presence(): Presence {
    const { doc } = this.#replica
    const view = this.#view!
    if (view.presence === undefined) {
      const { scheduler, post } = this.#host
      view.presence = new Presence(doc, scheduler, (payload) => {
        if (this.#isOpen) post({ type: 'awareness', room: this.name, payload, relayed: false })
      })
      if (this.#life.state === 'closed') view.presence.close()
      else if (this.#relay.sync === 'live') view.presence.announce()
    }
    return view.presence
  }

  async #opened({ signal }: WaitOptions): Promise<void> {
    const opening = this.open()
    if (this.#life.state === 'inert') return opening
    opening.catch(() => undefined)
    await this.#waits.wait(() => (this.#life.state === 'open' ? 'done' : undefined), signal)
  }

  async #load(): Promise<void> {
    const replica = this.#replica
    const initial = replica.encodeDiff()
    const undo = [
      replica.onUpdate((update, source) => {
        if (ownSources.has(source)) return
        this.#writer.add(update)
        this.#changed()
      }),
      // It would tell of no edit any more, and a room that misses edits must not look as if it kept them.
      replica.onDestroy(() => void this.close()),
    ]
    this.#stopListening = () => undo.forEach((stop) => stop())
    await this.#host.opened(this)
    if (this.#life.state === 'closed') throw closedError(this.name)
    // The owner has heard of the room only now; what could not be stored before that, it has not heard of.
    this.#writer.announceInMemory()
    const stored = await this.#read()
    if (this.#life.state !== 'loading') throw closedError(this.name)
    // What the document held before it was opened counts as an edit.
    if (!isEmptyUpdate(initial)) {
      this.#dispute(GatheredUpdates.of([stored.merged(), initial]).conflicts)
      this.#keepMissing(initial, stored.merged())
    }
    this.#life = { state: 'open', loaded: this.#life.loaded }
    this.#takeLastWords(stored)
    this.#adoptUnstored()
    this.#changed()
  }

  /** What `state` has and the rows of this device, merged as `stored`, do not, is an edit. */
  #keepMissing(state: Uint8Array, stored: Uint8Array): void {
    if (!isUpdate(state)) return this.#writer.add(state)
    const missing = diffUpdate(state, encodeStateVectorFromUpdate(stored))
    const { structs, deletes } = updateIds(missing)
    if (!structs.isEmpty || !updateIds(stored).deletes.hasAll(deletes)) this.#writer.add(missing)
  }

  /** What the relay refused is apart: with it, the rest would be refused at the next visit. */
  #leaveLastWords(): void {
    this.#leaveWords(this.#editsName, this.#writer.unstoredUpdate)
    this.#leaveWords(`${this.#editsName}:refused`, this.#writer.refusedUpdate)
  }

  #leaveWords(key: string, update: Uint8Array | undefined): void {
    if (update === undefined || this.#host.lastWords === undefined) return
    const words = { key, room: this.name, update }
    this.#host.lastWords.keep(words)
    this.#lastWords.set(key, words)
  }

  /** What earlier pages left of this room, and the device store did not take when the client was opened. */
  #takeLastWords(stored: StoredRows): void {
    for (const words of this.#host.lastWords?.all() ?? []) {
      if (words.room !== this.name || this.#lastWords.has(words.key)) continue
      this.#lastWords.set(words.key, words)
      this.#apply(words.update, roomSources.store)
      this.#keepMissing(words.update, stored.merged())
    }
  }

  #forgetLastWords(): void {
    if (this.#lastWords.size === 0 || this.#writer.hasUnstored) return
    for (const words of this.#lastWords.values()) this.#host.lastWords?.forget(words)
    this.#lastWords.clear()
  }

  /**
   * The tab that told of something it could not store may be gone, and this document the only place where that still is: what
   * the device store lacks of it becomes an edit of this tab. Twice kept is no harm.
   */
  #adoptUnstored(): void {
    if (!this.#heardUnstored || this.#life.state !== 'open') return
    this.#heardUnstored = false
    const state = this.#replica.encodeDiff()
    const adopt = (stored: Uint8Array): void => {
      if (this.#isOpen) this.#keepMissing(state, stored)
    }
    this.#host.store.load(this.name).then(
      ({ rows }) => adopt(mergeRows(rows.map(({ update }) => update))),
      // A store that cannot be read has nothing: the writer keeps all of it in memory, and says why.
      () => adopt(emptyUpdate()),
    )
  }

  /** Reads the rows that the document does not have, shows them, and returns them. Retried later, if the store fails. */
  async #read(): Promise<StoredRows> {
    try {
      const { head, rows } = await this.#host.store.load(this.name, this.#rows.value)
      const leftOut = conflictingRows(head, rows)
      const hidden = new Set(leftOut)
      const shown = leftOut.length === 0 ? rows : rows.filter((row) => !hidden.has(row))
      const stored = new StoredRows(shown.map(({ update }) => update))
      if (this.#life.state === 'closed') return stored
      this.#retry.succeeded()
      this.#head = head
      this.#lastRef = Math.max(this.#lastRef, head.nextRef - 1)
      this.#rows.raise(head.nextRow - 1)
      const conflicts = [...this.#show(stored)]
      for (const { ref } of leftOut) this.#leftOut.add(ref!)
      this.#settledAtLoading ??= head.ackedRef
      // Only where there is any: it reads all of it once more.
      if (leftOut.length > 0) {
        const refused = mergeRows(leftOut.map(({ update }) => update))
        conflicts.push(...GatheredUpdates.of([stored.merged(), refused]).conflicts)
      }
      this.#dispute(conflicts)
      this.#changed()
      return stored
    } catch (cause) {
      if (this.#life.state !== 'closed') this.#retry.failed(cause, `read the room "${this.name}" from this device`)
      this.#changed()
      return new StoredRows([])
    }
  }

  /** Gives the document what was read. Returns where the rows contradict each other, which is looked for only where they can. */
  #show(stored: StoredRows): readonly IdRange[] {
    const { largest, others } = stored
    if (largest === undefined) {
      // The document would drop it all the same, after making structs of it.
      if (this.#replica.forgets) others.compact()
      const merged = others.merged()
      if (!isEmptyUpdate(merged)) this.#apply(merged, roomSources.store)
      return others.conflicts
    }
    this.#applyUnread(largest)
    const merged = others.merged()
    if (isEmptyUpdate(merged)) return []
    const isNew = others.conflicts.length === 0 && this.#lacksAll(merged)
    this.#apply(merged, roomSources.store)
    return isNew ? [] : stored.conflicts
  }

  /** Whether the document, with what it was given and cannot show yet, has no struct that this update has. */
  #lacksAll(update: Uint8Array): boolean {
    const stateVector = this.#replica.encodeStateVector()
    // Beyond its own state vector it has what waits for other structs, and nothing else.
    if (!updateIds(this.#replica.encodeDiff(stateVector)).structs.isEmpty) return false
    const known = decodeStateVector(stateVector)
    return [...updateIds(update).structs].every(({ client, start }) => start >= (known.get(client) ?? 0))
  }

  #lookForGap(): void {
    this.#cancelGap ??= this.#host.scheduler.after(ClientLimits.rowGapMs, () => {
      this.#cancelGap = undefined
      if (this.#rows.gap) this.#readAgain()
    })
  }

  /** Reads what is in the store now. A read that has begun may have looked too early: it is followed by another. */
  #readAgain(): void {
    if (this.#reading !== undefined) {
      this.#readOnceMore = true
      return
    }
    this.#reading = this.#read().finally(() => {
      this.#reading = undefined
      const again = this.#readOnceMore
      this.#readOnceMore = false
      if (again && this.#isOpen) this.#readAgain()
    })
  }

  /** Does this at once in an open room, and in one that is loading after that: what it reads there, it may have looked up already. */
  #onceLoaded(work: () => void): void {
    if (this.#life.state === 'open') work()
    else if (this.#life.state === 'loading') {
      const later = (): void => {
        if (this.#life.state === 'open') work()
      }
      // Whoever waits for the room hears why it cannot be loaded.
      this.#life.loaded.then(later, () => undefined)
    }
  }

  #apply(update: Uint8Array, source: Source): void {
    // Observers of the document are the app's: what they throw is theirs, and the update is applied all the same.
    if (this.#isOpen) callListener(() => this.#replica.applyUpdate(update, source))
  }

  /** Applies a row that nobody looked into. If it is damaged, it is left alone: whoever syncs the room says so. */
  #applyUnread(update: Uint8Array): void {
    if (!this.#isOpen) return
    callListener(() => {
      try {
        this.#replica.applyUpdate(update, roomSources.store)
      } catch (error) {
        if (isUpdate(update)) throw error
      }
    })
  }

  /** Somebody else wrote these units, too. If that was under the name of this document, it takes another, or it would go on. */
  #dispute(ranges: readonly IdRange[]): void {
    this.#disputed.add(ranges)
    const { clientID } = this.#replica
    if (!ranges.some(({ client }) => client === clientID)) return
    this.#replica.renewClientID(Math.floor(this.#host.random() * 2 ** 32))
  }

  #ownRowStored(row: DeviceRow): void {
    this.#lastRef = Math.max(this.#lastRef, row.ref ?? 0)
    this.#rows.add(row.row)
    if (this.#rows.gap && this.#life.state === 'open') this.#lookForGap()
    this.#host.post({ type: 'row', room: this.name, row: row.row, ref: row.ref, update: row.update })
  }

  async #close(opened: boolean): Promise<void> {
    this.#stopListening?.()
    this.#view?.presence?.close()
    this.#cancelGap?.()
    this.#retry.stop()
    if (opened) {
      await this.#writer.close()
      await this.#reading
      this.#host.post({ type: 'closed', room: this.name })
    }
    this.#waits.close(closedError(this.name))
    this.#host.closed(this)
    this.#changed()
  }

  #changed(): void {
    this.#forgetLastWords()
    this.#waits.check()
    this.#status.changed()
  }

  get #ackedRef(): number {
    return this.#writer.ackedThrough(Math.max(this.#head.ackedRef, this.#heardAckedRef))
  }

  #rejectedRefs(): readonly number[] {
    return [...new Set([...this.#head.rejected, ...this.#relay.rejected].map(({ ref }) => ref))]
  }

  #facts(): EditFacts {
    const { unstored, unsettled, refused: inMemory, edits } = this.#writer
    return {
      lastRef: this.#lastRef,
      ackedRef: this.#ackedRef,
      sentRef: this.#relay.sentRef,
      rejectedRefs: this.#rejectedRefs(),
      unstored,
      unsettled,
      rejectedInMemory: inMemory.length,
      edits,
      kept: this.#host.storeError === undefined,
    }
  }

  #computeStatus(): RoomStatus {
    const facts = this.#facts()
    const { sync, access, lastAckedAt, error, storeError } = this.#relay
    const { connection, storeError: homeless } = this.#host
    const failure = homeless ?? this.#writer.error ?? this.#retry.error ?? (storeError && fromPlainError(storeError))
    const unacked = facts.unsettled + rowsAfter(0, facts)
    const conflict = conflictOf(this.#disputed.ranges)
    return {
      room: this.name,
      state: this.#life.state,
      connection,
      sync,
      access,
      latestEdit: latestEdit(facts),
      unstored: facts.kept ? facts.unstored : unacked,
      unsent: facts.unsettled + rowsAfter(facts.sentRef, facts),
      unacked,
      lastAckedAt,
      lastError:
        failure ??
        (error && fromPlainError(error)) ??
        conflict ??
        ('error' in connection ? connection.error : undefined),
      store: failure === undefined ? { state: 'durable' } : { state: 'memory-only', error: failure },
      rejected: facts.rejectedRefs.length + facts.rejectedInMemory,
      conflict,
    }
  }
}

/** The rows that were refused because others have something else in their place. */
function conflictingRows({ rejected }: DeviceHead, rows: readonly DeviceRow[]): readonly DeviceRow[] {
  const refs = new Set(rejected.filter(({ code }) => code === CONFLICTING_UPDATE).map(({ ref }) => ref))
  return refs.size === 0 ? [] : rows.filter(({ ref }) => ref !== undefined && refs.has(ref))
}

function refusal(): SynclineError {
  return new SynclineError('rejected', 'The relay refused an edit, or would; see exportRejected()')
}

function closedError(room: string): SynclineError {
  return new SynclineError('closed', `The room "${room}" was closed`)
}
