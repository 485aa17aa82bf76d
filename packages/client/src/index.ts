/** The public face of the client. */

// The client and its rooms
export { Syncline, type SynclineOptions } from './syncline.ts'
export type { RejectedEdit, Room, WaitOptions } from './room/room.ts'
export type { DocUpdates, RoomDoc, SyncedDoc } from './room/room-doc.ts'
export { roomSources } from './room/document-room.ts'
export type { Awareness } from 'y-protocols/awareness'

// What it shows
export type { EditPlace, RoomStatus, StoreStatus, SynclineStatus } from './room/status.ts'
export type { ConnectionStatus } from './sync/relay-status.ts'
export { SynclineError, type SynclineErrorCode } from './errors.ts'

// Where it keeps things
export type { DeviceHead, DeviceRoom, DeviceRow, DeviceStore, RejectedRow } from './device-store/device-store.ts'
export { MemoryDeviceStore, MemoryDisk } from './device-store/memory-device-store.ts'
export type { LastWords, LastWordsStore } from './device-store/last-words.ts'
export { openIndexedDbDeviceStore, type IndexedDbDeviceStoreOptions } from './device-store/indexeddb-device-store.ts'

// Ports, for other runtimes, tests and the simulation
export type { TabMessage, Tabs } from './tabs/tabs.ts'
export { SoloTabs } from './tabs/solo-tabs.ts'
export type { Link, LinkEvents, Transport } from './connection/transport.ts'
export { WebSocketTransport, type WebSocketConstructor, type WebSocketLike } from './connection/websocket-transport.ts'
export { systemScheduler, type Scheduler } from './scheduler.ts'
export type { Page } from './page.ts'
export type { TokenSource } from './connection/connection.ts'
export type { Replica, Source } from './room/replica.ts'
