/**
 * What the owner tab does for all tabs: it holds the connection, syncs the rooms that any tab has open, and pushes the outboxes
 * of rooms that nobody opened. It works on rows and bytes; documents belong to the tabs (document-room.ts). It exists from the moment a
 * tab becomes the owner until it stops being it, and finds everything it has to know in the device store.
 */
import {
  decodeAwareness,
  encodeAwareness,
  isRoomName,
  type MessageOf,
  type Position,
  type RelayMessage,
} from '@syncline/protocol'
import type { ConnectionState } from '../connection/connection-machine.ts'
import { Connection, type ConnectionOptions } from '../connection/connection.ts'
import type { DeviceRow, DeviceStore } from '../device-store/device-store.ts'
import { StoreRetry } from '../device-store/store-retry.ts'
import { ClientLimits } from '../limits.ts'
import type { TabMessage } from '../tabs/tabs.ts'
import { PresentStates } from './present-states.ts'
import {
  connectionStatus,
  encodeOwnerStatus,
  encodeRoomRelayStatus,
  type OwnerStatus,
  type RoomRelayStatus,
} from './relay-status.ts'
import { RoomSync } from './room-sync.ts'

/** What the engine tells the tab that it lives in, which hears no messages of its own. */
export interface EngineListener {
  /** An update from the relay, before it is stored. */
  readonly onUpdate: (room: string, update: Uint8Array) => void
  /** An update that this tab has seen is in the device store. */
  readonly onRow: (room: string, row: DeviceRow) => void
  readonly onAwareness: (room: string, payload: Uint8Array) => void
  readonly onRoomStatus: (room: string, status: RoomRelayStatus) => void
  readonly onOwnerStatus: (status: OwnerStatus) => void
}

export interface EngineOptions extends Omit<ConnectionOptions, 'onState' | 'onMessage' | 'onTokenSent'> {
  readonly store: DeviceStore
  /** To the other tabs. */
  readonly post: (message: TabMessage) => void
  readonly listener: EngineListener
}

/** The name under which the engine's own tab is counted among those that have a room open. */
export const THIS_TAB = 'this'

interface SyncedRoom {
  readonly sync: RoomSync
  /** Tabs that have it open; none while it is pushed in the background. */
  readonly tabs: Set<string>
  /** Clocks of the awareness states that tabs announced, by tab, by client ID: what to take back when the tab is gone. */
  readonly announced: Map<string, Map<number, number>>
  /** What the relay told of over this connection. */
  readonly present: PresentStates
}

/** A join that the relay has not answered. */
interface AskedJoin {
  readonly room: string
  readonly sync: RoomSync
  /** The join of a later opening of the room: the relay takes one at a time. */
  next: (() => void) | undefined
}

export class Engine {
  readonly #options: EngineOptions
  readonly #connection: Connection
  readonly #rooms = new Map<string, SyncedRoom>()
  /** Rooms whose outboxes wait for their turn. */
  readonly #background = new Set<string>()
  /** Rooms whose outboxes cannot be pushed over this connection. */
  readonly #stuck = new Set<string>()
  readonly #closing = new Set<Promise<void>>()
  readonly #retry: StoreRetry
  #requests = new Map<number, AskedJoin>()
  #nextRequest = 1
  #handles = new Map<number, string>()
  #closed = false
  #pendingRead: Promise<void> | undefined
  #pendingReadAgain = false
  #changedRooms = new Set<string>()
  #publishing = false

  constructor(options: EngineOptions) {
    this.#options = options
    this.#retry = new StoreRetry(options.scheduler, options.random, () => this.#readPending())
    this.#connection = new Connection({
      ...options,
      onState: (state) => this.#connectionChanged(state),
      onMessage: (message) => this.#receive(message),
      onTokenSent: () => this.#tokenSent(),
    })
  }

  get status(): OwnerStatus {
    const pending = [...this.#rooms].filter(([, { sync }]) => sync.pending).map(([room]) => room)
    return {
      connection: connectionStatus(this.#connection.state),
      pendingRooms: [...new Set([...pending, ...this.#background, ...this.#stuck])].sort(),
    }
  }

  /** Starts work; `offline` leaves the connection alone. */
  open(offline: boolean): void {
    this.#readPending()
    if (!offline) this.#connection.connect()
    this.#changed()
  }

  /** The offline switch. */
  setOffline(offline: boolean): void {
    if (this.#closed) return
    if (offline) this.#connection.disconnect()
    else this.#connection.connect()
  }

  /** The network or the user is back. */
  wake(): void {
    if (!this.#closed) this.#connection.wake()
  }

  /** The page may go away: what arrived is being put away. */
  flush(): void {
    for (const { sync } of this.#rooms.values()) sync.flush()
  }

  /** What a tab says; `tab` is {@link THIS_TAB} for the engine's own. */
  receive(message: TabMessage, tab: string): void {
    if (this.#closed) return
    switch (message.type) {
      case 'open':
        if (isRoomName(message.room)) this.#openRoom(message.room, tab, message.forgets === true)
        return
      case 'closed':
        return this.#leaveRoom(message.room, tab)
      case 'row':
        return this.#addRow(message)
      case 'edit':
        if (message.key !== undefined) this.#rooms.get(message.room)?.sync.addEdit(message.key, message.update, tab)
        return
      case 'awareness':
        if (!message.relayed) this.#announce(message.room, message.payload, tab)
        return
      case 'switch':
      case 'status':
      case 'owner':
        return
      default:
        return message satisfies never
    }
  }

  /** Rows of other tabs may be in the store that nobody told of. */
  messagesMissed(): void {
    if (this.#closed) return
    for (const { sync } of this.#rooms.values()) sync.reload()
    this.#readPending()
  }

  /**
   * A tab is gone: its rooms may be left, and nobody else will say that its replicas are. It may have ended between storing an edit and
   * telling of it, which is then in the store alone.
   */
  tabGone(tab: string): void {
    if (this.#closed) return
    for (const [room, { sync }] of this.#rooms) {
      // Also where it was not heard to have the room open: it may have ended before it could say so to this owner.
      sync.reload()
      this.#leaveRoom(room, tab)
    }
    this.#readPending()
  }

  /** Leaves all rooms and ends the connection, after the writes under way. Idempotent. */
  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true
      this.#retry.stop()
      for (const { sync } of this.#rooms.values()) this.#closeSync(sync)
      this.#rooms.clear()
      this.#connection.disconnect()
    }
    await Promise.all([...this.#closing, this.#pendingRead])
  }

  #readPending(): void {
    if (this.#closed) return
    // What is asked for now may have come after what is being read.
    if (this.#pendingRead !== undefined) this.#pendingReadAgain = true
    else this.#pendingRead = this.#findPending()
  }

  async #findPending(): Promise<void> {
    try {
      const rooms = await this.#options.store.pendingRooms()
      this.#retry.succeeded()
      for (const room of rooms) if (!this.#rooms.has(room)) this.#background.add(room)
    } catch (cause) {
      if (!this.#closed) this.#retry.failed(cause, 'look for unsent edits')
    }
    this.#pendingRead = undefined
    if (this.#pendingReadAgain) {
      this.#pendingReadAgain = false
      this.#readPending()
    }
    this.#pushBackground()
    this.#changed()
  }

  #openRoom(room: string, tab: string, forgets: boolean): void {
    this.#background.delete(room)
    this.#stuck.delete(room)
    const { sync, tabs, present } = this.#rooms.get(room) ?? this.#addRoom(room)
    tabs.add(tab)
    sync.openedBy(forgets)
    for (const payload of present.encode()) this.#tellPresent(room, payload)
    // While the store fails, or a write is under way, it does not have all that the others see.
    const { unstored } = sync
    if (unstored !== undefined && tab === THIS_TAB) this.#options.listener.onUpdate(room, unstored)
    else if (unstored !== undefined) this.#options.post({ type: 'edit', room, key: undefined, update: unstored })
    this.#changed(room)
  }

  #addRow(row: TabMessage & { readonly type: 'row' }): void {
    const synced = this.#rooms.get(row.room)
    if (synced !== undefined) return synced.sync.addRow(row)
    // An edit in a room that is closed already, or was never heard to be open: it is in the store, and has to be pushed.
    if (row.ref === undefined || !isRoomName(row.room)) return
    this.#background.add(row.room)
    this.#pushBackground()
    this.#changed()
  }

  #addRoom(room: string): SyncedRoom {
    const { store, scheduler, random, post, listener } = this.#options
    const sync: RoomSync = new RoomSync({
      room,
      store,
      scheduler,
      random,
      join: (position, stateVector) => this.#join(sync, room, position, stateVector),
      send: (message) => this.#connection.send(message),
      onUpdate: (update) => listener.onUpdate(room, update),
      onRow: (row) => {
        post({ type: 'row', room, row: row.row, ref: row.ref, update: row.update })
        listener.onRow(room, row)
      },
      onUnstored: (update) => post({ type: 'edit', room, key: undefined, update }),
      onStatus: () => this.#roomChanged(room),
    })
    const synced: SyncedRoom = { sync, tabs: new Set(), announced: new Map(), present: new PresentStates() }
    this.#rooms.set(room, synced)
    sync.open()
    const { state } = this.#connection
    if (state.state === 'open') sync.connected(state.welcome.updateBytesMax)
    return synced
  }

  /** Rooms that nobody has open are pushed a few at a time, while there is a connection to push them over. */
  #pushBackground(): void {
    if (this.#closed || this.#connection.state.state !== 'open') return
    let running = [...this.#rooms.values()].filter(({ tabs }) => tabs.size === 0).length
    for (const room of this.#background) {
      if (running >= ClientLimits.backgroundRoomsMax) return
      running += 1
      this.#background.delete(room)
      this.#addRoom(room)
    }
  }

  #roomChanged(room: string): void {
    const synced = this.#rooms.get(room)
    if (this.#closed || synced === undefined) return
    this.#changed(room)
    if (synced.tabs.size > 0 || !(synced.sync.drained || synced.sync.stuck)) return
    // Nobody has it open, and it is pushed, or cannot be.
    if (synced.sync.pending) this.#stuck.add(room)
    this.#removeRoom(room, synced)
    this.#pushBackground()
  }

  #leaveRoom(room: string, tab: string): void {
    const synced = this.#rooms.get(room)
    if (synced === undefined) return
    this.#retract(room, synced, tab)
    synced.sync.forgetEdits(tab)
    if (synced.tabs.delete(tab)) this.#roomChanged(room)
  }

  #removeRoom(room: string, { sync }: SyncedRoom): void {
    this.#rooms.delete(room)
    for (const [handle, name] of this.#handles) if (name === room) this.#handles.delete(handle)
    this.#closeSync(sync)
  }

  #closeSync(sync: RoomSync): void {
    const closing = sync.close().then(() => void this.#closing.delete(closing))
    this.#closing.add(closing)
  }

  #join(sync: RoomSync, room: string, position: Position | undefined, stateVector: Uint8Array): void {
    const ask = (): void => {
      if (this.#rooms.get(room)?.sync !== sync) return
      const request = this.#nextRequest++
      this.#requests.set(request, { room, sync, next: undefined })
      this.#connection.send({ type: 'join', request, room, position, stateVector })
    }
    // The room was closed and opened again before the relay answered: a second join now would be refused.
    const asked = [...this.#requests.values()].find((other) => other.room === room)
    if (asked === undefined) ask()
    else asked.next = ask
  }

  #connectionChanged(state: ConnectionState): void {
    this.#requests = new Map()
    this.#handles = new Map()
    if (state.state === 'open') {
      for (const { sync } of this.#rooms.values()) sync.connected(state.welcome.updateBytesMax)
      this.#unstick()
    } else {
      for (const { sync, present } of this.#rooms.values()) {
        present.clear()
        sync.disconnected()
      }
    }
    this.#changed()
  }

  /** What the token before did not allow, the fresh one may. */
  #tokenSent(): void {
    for (const { sync } of this.#rooms.values()) sync.tokenSent()
    this.#unstick()
    this.#changed()
  }

  #unstick(): void {
    for (const room of this.#stuck) this.#background.add(room)
    this.#stuck.clear()
    this.#pushBackground()
  }

  #receive(message: RelayMessage): void {
    switch (message.type) {
      case 'joined':
      case 'refused':
        return this.#answered(message)
      case 'updates':
      case 'ack':
      case 'reject':
      case 'resync':
        return this.#roomOf(message.handle)?.sync.receive(message)
      case 'evicted': {
        const room = this.#roomOf(message.handle)
        this.#handles.delete(message.handle)
        return room?.sync.receive(message)
      }
      case 'awareness': {
        const room = this.#handles.get(message.handle)
        if (room === undefined) return
        // Checked here, once: what reaches the tabs is known to decode.
        const entries = decodeAwareness(message.payload)
        this.#rooms.get(room)?.present.add(entries)
        return this.#tellPresent(room, message.payload.slice())
      }
      case 'welcome':
      case 'reauthenticate':
      case 'ping':
      case 'pong':
      case 'error':
        return
      default:
        return message satisfies never
    }
  }

  #answered(message: MessageOf<'joined'> | MessageOf<'refused'>): void {
    const asked = this.#requests.get(message.request)
    this.#requests.delete(message.request)
    if (asked !== undefined && this.#rooms.get(asked.room)?.sync === asked.sync) {
      if (message.type === 'joined') this.#handles.set(message.handle, asked.room)
      return asked.sync.receive(message)
    }
    // The room was left before the answer came.
    if (message.type === 'joined') this.#connection.send({ type: 'leave', handle: message.handle })
    asked?.next?.()
  }

  #roomOf(handle: number): SyncedRoom | undefined {
    const room = this.#handles.get(handle)
    return room === undefined ? undefined : this.#rooms.get(room)
  }

  /** Tells all tabs of replicas on other devices. */
  #tellPresent(room: string, payload: Uint8Array): void {
    this.#options.post({ type: 'awareness', room, payload, relayed: true })
    this.#options.listener.onAwareness(room, payload)
  }

  #announce(room: string, payload: Uint8Array, tab: string): void {
    const synced = this.#rooms.get(room)
    if (synced === undefined) return
    const announced = synced.announced.get(tab) ?? new Map<number, number>()
    synced.announced.set(tab, announced)
    for (const { clientID, clock, state } of decodeAwareness(payload)) {
      if (state === null) announced.delete(clientID)
      else announced.set(clientID, clock)
    }
    this.#sendAwareness(room, payload)
  }

  /** Says for a tab that is gone that its replicas are. */
  #retract(room: string, synced: SyncedRoom, tab: string): void {
    const announced = synced.announced.get(tab)
    synced.announced.delete(tab)
    if (announced === undefined || announced.size === 0) return
    const entries = [...announced].map(([clientID, clock]) => ({ clientID, clock, state: null }))
    this.#sendAwareness(room, encodeAwareness(entries))
  }

  #sendAwareness(room: string, payload: Uint8Array): void {
    const { state } = this.#connection
    if (state.state !== 'open' || payload.length > state.welcome.awarenessBytesMax) return
    if (this.#connection.backlogBytes > ClientLimits.awarenessBacklogBytesMax) return
    for (const [handle, name] of this.#handles) {
      if (name === room) this.#connection.send({ type: 'awareness', handle, payload })
    }
  }

  /** Tells all tabs, once for all changes of this turn of the event loop. */
  #changed(room?: string): void {
    if (room !== undefined) this.#changedRooms.add(room)
    if (this.#publishing) return
    this.#publishing = true
    queueMicrotask(() => this.#publish())
  }

  #publish(): void {
    this.#publishing = false
    const rooms = this.#changedRooms
    this.#changedRooms = new Set()
    if (this.#closed) return
    const { post, listener } = this.#options
    const { status } = this
    post({ type: 'status', room: undefined, status: encodeOwnerStatus(status) })
    listener.onOwnerStatus(status)
    for (const room of rooms) {
      const roomStatus = this.#rooms.get(room)?.sync.status
      if (roomStatus === undefined) continue
      post({ type: 'status', room, status: encodeRoomRelayStatus(roomStatus) })
      listener.onRoomStatus(room, roomStatus)
    }
  }
}
