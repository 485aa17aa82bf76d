/**
 * The client of an app: its rooms, and what they share. This file wires; the rooms live in document-room.ts, the connection and
 * the sync in engine.ts, which is here only while this tab is the owner.
 *
 * ```
 *   edits   Room ──row──▶ other tabs' rooms, and the owner's Engine ──push──▶ relay
 *   others' Room ◀─row─── Engine ◀──updates── relay
 * ```
 */
import { isRoomName } from '@syncline/protocol'
import { Doc as YjsDoc } from 'yjs'
import type { TokenSource } from './connection/connection.ts'
import type { Transport } from './connection/transport.ts'
import { WebSocketTransport, type WebSocketConstructor } from './connection/websocket-transport.ts'
import type { DeviceRow, DeviceStore } from './device-store/device-store.ts'
import { openIndexedDbDeviceStore } from './device-store/indexeddb-device-store.ts'
import { browserLastWords, type LastWords, type LastWordsStore } from './device-store/last-words.ts'
import { MemoryDeviceStore } from './device-store/memory-device-store.ts'
import { SynclineError } from './errors.ts'
import { browserPage, type Page } from './page.ts'
import { DocumentRoom, type RoomHost } from './room/document-room.ts'
import type { RoomDoc } from './room/room-doc.ts'
import type { Room } from './room/room.ts'
import { StatusCell } from './room/status-cell.ts'
import type { SynclineStatus } from './room/status.ts'
import { systemScheduler, type Scheduler } from './scheduler.ts'
import { Engine, THIS_TAB } from './sync/engine.ts'
import {
  decodeOwnerStatus,
  decodeRoomRelayStatus,
  initialOwnerStatus,
  type ConnectionStatus,
  type OwnerStatus,
} from './sync/relay-status.ts'
import { tabsOfOrigin } from './tabs/browser-tabs.ts'
import { SoloTabs } from './tabs/solo-tabs.ts'
import type { TabMessage, Tabs } from './tabs/tabs.ts'

/** `Document` is what `createDoc` makes: a `Y.Doc`, unless it makes another. */
export interface SynclineOptions<Document extends RoomDoc = YjsDoc> {
  /** The relay's endpoint, such as `ws://localhost:4455/sync`. */
  readonly url: string
  /** Where tokens come from, if the relay wants any; asked before each connection. */
  readonly token?: TokenSource
  /** For runtimes without one of their own: Node before 22 takes the class of the package `ws`. */
  readonly WebSocket?: WebSocketConstructor
  /** Names the database on this device and the group of tabs: apps of one origin that sync different rooms need different names. */
  readonly name?: string
  /**
   * Where rooms are kept on this device. A store passed here counts as one that outlives the process, and is not closed. Default:
   * IndexedDB; where there is none, as in Node, memory, and the status says that this device keeps nothing.
   */
  readonly store?: DeviceStore
  /** Where a page that goes away leaves what the store did not take in time. Default: `localStorage`, if the store is IndexedDB. */
  readonly lastWords?: LastWordsStore | undefined
  /** How tabs find each other. Closed with the client. */
  readonly tabs?: Tabs
  /**
   * Makes the document of a room: a `Y.Doc`, a `Doc` of `@syncline/core`, or another that reads and writes its own updates. What it holds
   * already counts as an edit. Default: an empty `Y.Doc`.
   */
  readonly createDoc?: (room: string) => Document
  /** What the client calls itself to the relay. */
  readonly agent?: string
  /** Replaces WebSocket altogether. */
  readonly transport?: Transport
  readonly scheduler?: Scheduler
  /** 0 ≤ random < 1. */
  readonly random?: () => number
  /** The page that the client lives in; `undefined` for none. */
  readonly page?: Page | undefined
}

const DEFAULT_NAME = 'default'
const DEFAULT_AGENT = 'syncline'

type Lifecycle =
  | { readonly state: 'inert' }
  | { readonly state: 'open'; readonly undo: readonly (() => void)[] }
  | { readonly state: 'closed'; readonly closing: Promise<void> }

export class Syncline<Document extends RoomDoc = YjsDoc> implements AsyncDisposable {
  readonly #options: SynclineOptions<Document>
  readonly #scheduler: Scheduler
  readonly #random: () => number
  readonly #store: DeviceStore
  readonly #lastWords: LastWordsStore | undefined
  readonly #tabs: Tabs
  readonly #page: Page | undefined
  readonly #host: RoomHost<Document>
  readonly #status: StatusCell<SynclineStatus>
  readonly #rooms = new Map<string, DocumentRoom<Document>>()
  /** Rooms that are being closed: a new one of the same name waits, so that none is loaded while its last write is on its way. */
  readonly #leaving = new Map<string, Promise<void>>()
  #life: Lifecycle = { state: 'inert' }
  #engine: Engine | undefined
  #engineClosing: Promise<void> = Promise.resolve()
  #owner: OwnerStatus = initialOwnerStatus
  #offline = false

  /** Inert: nothing is opened, read or sent before {@link Syncline.open}, or before a room is opened. */
  constructor(options: SynclineOptions<Document>) {
    this.#options = options
    this.#scheduler = options.scheduler ?? systemScheduler
    this.#random = options.random ?? Math.random
    const name = options.name ?? DEFAULT_NAME
    const shared = options.store === undefined && hasIndexedDb()
    this.#store = options.store ?? (shared ? openIndexedDbDeviceStore({ name }) : new MemoryDeviceStore())
    this.#lastWords = options.lastWords ?? (shared ? browserLastWords(name) : undefined)
    // Tabs that do not share a store must not believe each other's row numbers.
    this.#tabs = options.tabs ?? (shared ? tabsOfOrigin({ name }) : new SoloTabs())
    this.#page = 'page' in options ? options.page : browserPage()
    const connectionOf = (): ConnectionStatus => this.#owner.connection
    this.#host = {
      store: this.#store,
      storeError: options.store === undefined && !shared ? nothingKept() : undefined,
      lastWords: this.#lastWords,
      scheduler: this.#scheduler,
      random: this.#random,
      newEditsName: () => newEditsName(this.#random),
      get connection() {
        return connectionOf()
      },
      // Without a `createDoc` the type says `Y.Doc`, unless somebody named another without making it.
      createDoc: options.createDoc ?? (() => new YjsDoc() as RoomDoc as Document),
      opened: (room) => this.#roomOpened(room),
      closed: (room) => this.#roomClosed(room),
      post: (message) => this.#post(message),
    }
    this.#status = new StatusCell(() => ({
      connection: this.#owner.connection,
      offline: this.#offline,
      owner: this.#engine !== undefined,
      pendingRooms: this.#owner.pendingRooms,
    }))
  }

  /** The present status; the same object until something in it changes. */
  get status(): SynclineStatus {
    return this.#status.value
  }

  /** `listener` is told of each new status, once per turn of the event loop, not of the present one. Returns its undo. */
  subscribe(listener: (status: SynclineStatus) => void): () => void {
    return this.#status.subscribe(listener)
  }

  /**
   * The room of this name: the same object until it is closed. Inert until opened. Throws `SynclineError` `invalid-room-name` or
   * `closed`.
   */
  room(name: string): Room<Document> {
    if (this.#life.state === 'closed') throw closedError()
    if (!isRoomName(name)) throw new SynclineError('invalid-room-name', `"${name}" cannot be the name of a room`)
    const known = this.#rooms.get(name)
    if (known !== undefined && known.status.state !== 'closed') return known
    if (known !== undefined) {
      // Those before it, too: it may have waited for them, and be closed sooner than they are.
      const both = Promise.all([this.#leaving.get(name), known.close()])
      const leaving: Promise<void> = both
        .then(() => undefined)
        .finally(() => {
          if (this.#leaving.get(name) === leaving) this.#leaving.delete(name)
        })
      this.#leaving.set(name, leaving)
    }
    const room = new DocumentRoom(name, this.#host)
    this.#rooms.set(name, room)
    return room
  }

  /** Starts: connects, and pushes what earlier visits left unsent, in rooms opened or not. Opening a room does it too. Idempotent. */
  open(): void {
    if (this.#life.state === 'closed') throw closedError()
    if (this.#life.state === 'open') return
    const tabs = this.#tabs
    const undo = [
      tabs.onOwner((owner) => this.#ownerChanged(owner)),
      tabs.onMessage((message, tab) => this.#receive(message, tab)),
      tabs.onGone((tab) => this.#tabGone(tab)),
      tabs.onMissed(() => this.#messagesMissed()),
      () => tabs.close(),
      this.#store.onLost?.(() => this.#storeLost()) ?? (() => undefined),
    ]
    if (this.#page !== undefined) {
      undo.unshift(
        this.#page.onHide(() => this.#flush()),
        this.#page.onWake(() => this.#engine?.wake()),
      )
    }
    this.#life = { state: 'open', undo }
    for (const words of this.#lastWords?.all() ?? []) void this.#storeLastWords(words)
    tabs.open()
    if (tabs.owner && this.#engine === undefined) this.#ownerChanged(true)
  }

  /** Connects again after {@link Syncline.disconnect}, or at once instead of at the next attempt. Opens the client. */
  connect(): void {
    this.open()
    this.#switch(false)
    this.#post({ type: 'switch', offline: false })
  }

  /** The offline switch, for all tabs: no connection until {@link Syncline.connect}. Edits are kept and sent then. */
  disconnect(): void {
    if (this.#life.state === 'closed') throw closedError()
    this.#switch(true)
    this.#post({ type: 'switch', offline: true })
  }

  /**
   * Closes all rooms, as {@link Room.close} does, then the connection. What the relay does not have stays on the device for the
   * next visit. Idempotent; never rejects.
   */
  close(): Promise<void> {
    if (this.#life.state === 'closed') return this.#life.closing
    const undo = this.#life.state === 'open' ? this.#life.undo : []
    const closing = this.#close(undo)
    this.#life = { state: 'closed', closing }
    return closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(undo: readonly (() => void)[]): Promise<void> {
    await Promise.all([...this.#rooms.values()].map((room) => room.close()))
    await Promise.all(this.#leaving.values())
    await this.#stopEngine()
    for (const run of undo) run()
    if (this.#options.store === undefined) await this.#store.close().catch(() => undefined)
    this.#owner = initialOwnerStatus
    this.#status.changed()
  }

  #flush(): void {
    this.#rooms.forEach((room) => room.flush())
    this.#engine?.flush()
  }

  /** Makes a row of what an earlier page did not live to store. Asked before any room is loaded, it is done before, too. */
  async #storeLastWords(words: LastWords): Promise<void> {
    const { room, update } = words
    let row: DeviceRow
    try {
      row = await this.#store.appendLocal(room, update)
    } catch {
      // It stays where it is: whoever opens the room has it in memory, and the next visit tries again.
      return
    }
    this.#lastWords?.forget(words)
    if (this.#life.state !== 'open') return
    this.#rooms.get(room)?.applyRow(row)
    this.#post({ type: 'row', room, row: row.row, ref: row.ref, update: row.update })
  }

  async #roomOpened(room: DocumentRoom<Document>): Promise<void> {
    await this.#leaving.get(room.name)
    // Closed while it waited: it has said goodbye already.
    if (room.status.state === 'closed') return
    this.open()
    this.#post(room.opening)
  }

  #roomClosed(room: DocumentRoom<Document>): void {
    if (this.#rooms.get(room.name) === room) this.#rooms.delete(room.name)
  }

  #post(message: TabMessage): void {
    if (this.#life.state !== 'inert') this.#tabs.post(message)
    this.#engine?.receive(message, THIS_TAB)
  }

  #switch(offline: boolean): void {
    this.#offline = offline
    this.#engine?.setOffline(offline)
    this.#status.changed()
  }

  #ownerChanged(owner: boolean): void {
    if (!owner) {
      void this.#stopEngine()
      return this.#status.changed()
    }
    if (this.#engine !== undefined || this.#life.state !== 'open') return
    this.#engine = new Engine({
      url: this.#options.url,
      agent: this.#options.agent ?? DEFAULT_AGENT,
      token: this.#options.token,
      transport: this.#options.transport ?? new WebSocketTransport(this.#options.WebSocket),
      scheduler: this.#scheduler,
      random: this.#random,
      store: this.#store,
      post: (message) => this.#tabs.post(message),
      listener: {
        onUpdate: (room, update) => this.#rooms.get(room)?.applyFromRelay(update),
        onRow: (room, row) => this.#rooms.get(room)?.noteRow(row),
        onAwareness: (room, payload) => this.#rooms.get(room)?.receiveAwareness(payload, undefined),
        onRoomStatus: (room, status) => this.#rooms.get(room)?.receiveRelayStatus(status),
        onOwnerStatus: (status) => this.#ownerStatus(status),
      },
    })
    this.#engine.open(this.#offline)
    this.#tabs.post({ type: 'owner' })
    this.#rooms.forEach((room) => room.ownerChanged())
    this.#status.changed()
  }

  #stopEngine(): Promise<void> {
    const engine = this.#engine
    this.#engine = undefined
    if (engine !== undefined) {
      // One after the other: an owner that comes back must not read what the engine before it is still writing.
      this.#engineClosing = Promise.all([this.#engineClosing, engine.close()]).then(() => undefined)
    }
    return this.#engineClosing
  }

  #ownerStatus(status: OwnerStatus): void {
    this.#owner = status
    this.#status.changed()
    this.#rooms.forEach((room) => room.connectionChanged())
  }

  #receive(message: TabMessage, tab: string): void {
    this.#engine?.receive(message, tab)
    switch (message.type) {
      case 'row':
        return this.#rooms.get(message.room)?.applyRow(message)
      case 'edit':
        return this.#rooms.get(message.room)?.applyUnstored(message.update, message.key !== undefined)
      case 'awareness':
        return this.#rooms.get(message.room)?.receiveAwareness(message.payload, message.relayed ? undefined : tab)
      case 'owner':
        this.#rooms.forEach((room) => room.ownerChanged())
        return
      case 'switch':
        return this.#switch(message.offline)
      case 'status':
        return this.#receiveStatus(message.room, message.status)
      case 'closed':
        return this.#rooms.get(message.room)?.closedElsewhere()
      case 'open':
        return this.#rooms.get(message.room)?.openedElsewhere()
      default:
        return message satisfies never
    }
  }

  #receiveStatus(room: string | undefined, body: unknown): void {
    // A frozen owner that woke up may still speak while this tab has taken over.
    if (this.#engine !== undefined) return
    if (room === undefined) {
      const status = decodeOwnerStatus(body)
      if (status === undefined) return
      // A tab that came after the switch was thrown learns of it here, in case it becomes the owner.
      this.#offline = status.connection.state === 'idle'
      return this.#ownerStatus(status)
    }
    const status = decodeRoomRelayStatus(body)
    if (status !== undefined) this.#rooms.get(room)?.receiveRelayStatus(status)
  }

  /** Somebody cleared this device's store: what its readers believe to be there is not, the position in the relay's log above all. */
  #storeLost(): void {
    if (this.#life.state !== 'open') return
    this.#rooms.forEach((room) => room.storeLost())
    if (this.#engine === undefined) return
    void this.#stopEngine()
    this.#ownerChanged(true)
  }

  /** What tabs say are hints, and the store is the truth: read it, and ask for what is not in it. */
  #messagesMissed(): void {
    if (this.#engine !== undefined) this.#tabs.post({ type: 'owner' })
    this.#engine?.messagesMissed()
    this.#rooms.forEach((room) => room.messagesMissed())
  }

  #tabGone(tab: string): void {
    this.#engine?.tabGone(tab)
    this.#rooms.forEach((room) => room.tabGone(tab))
  }
}

/** Some browsers throw at the mere look, where storage is switched off. */
function hasIndexedDb(): boolean {
  try {
    return ((globalThis as Partial<typeof globalThis>).indexedDB ?? undefined) !== undefined
  } catch {
    return false
  }
}

function nothingKept(): SynclineError {
  return new SynclineError(
    'store-unavailable',
    'There is no IndexedDB here: what the relay does not have yet is lost with this process. Pass a `store` to keep it',
  )
}

function newEditsName(random: () => number): string {
  return Array.from({ length: 4 }, () => Math.floor(random() * 2 ** 32).toString(36)).join('-')
}

function closedError(): SynclineError {
  return new SynclineError('closed', 'The client was closed')
}
