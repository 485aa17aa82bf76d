/** Wires the page: the address names a room, the room fills the page, and the user's switches reach the client. */
import { Syncline, type RoomStatus, type SynclineStatus } from 'syncline'
import { announcement } from './announcement.ts'
import { bindCopyLink } from './copy-link.ts'
import { deviceSetting } from './device-settings.ts'
import { bindIdentityPanel } from './identity-panel.ts'
import { inventIdentity, parseIdentity, type Identity } from './identity.ts'
import { installForOffline } from './installation.ts'
import { findPage } from './page.ts'
import { showIdentity } from './peers-list.ts'
import { parseRecentRooms, withOpened } from './recent-rooms.ts'
import { relayUrl } from './relay-url.ts'
import { fragmentOfRoom, inventRoomName, roomOfFragment } from './room-name.ts'
import { bindRoomsPanel } from './rooms-panel.ts'
import { openSession, type Session } from './session.ts'
import { drawStatus } from './status-line.ts'
import { statusView, type StatusView } from './status-view.ts'

declare global {
  interface Window {
    /** For the curious, and for tests: the client and the open room, in the browser's console. */
    syncline: { readonly sync: Syncline; readonly room: Session['room'] }
  }
}

const page = findPage()
const identitySetting = deviceSetting(() => localStorage, 'syncline.identity', parseIdentity)
const recentRoomsSetting = deviceSetting(() => localStorage, 'syncline.recent-rooms', parseRecentRooms)
/** Whether this tab was offline by choice: it stays so over a reload, and is forgotten with the tab. */
const offlineSetting = deviceSetting(
  () => sessionStorage,
  'syncline.offline',
  (found) => found === true,
)

const sync = new Syncline({ url: relayUrl(location) })

let identity: Identity = identitySetting.read() ?? inventIdentity(Math.random)
let session: Session | undefined
let view: StatusView | undefined
let countdown: ReturnType<typeof setTimeout> | undefined

start()

function start(): void {
  identitySetting.write(identity)
  showIdentity(page, identity)
  bindIdentityPanel(page, identity, changeIdentity)
  bindCopyLink(page, announce)
  bindRoomsPanel(page, {
    recentRooms: () => recentRoomsSetting.read(),
    pendingRooms: () => sync.status.pendingRooms,
    currentRoom: () => session?.room.name ?? '',
    inventRoom,
    onDownload: () => session?.download(),
  })
  page.skipLink.addEventListener('click', () => session?.focus())
  page.offlineSwitch.addEventListener('click', () => switchOffline(!sync.status.offline))
  page.exportRejected.addEventListener('click', exportRejected)
  window.addEventListener('hashchange', openAddressedRoom)
  if (offlineSetting.read()) sync.disconnect()
  showOfflineSwitch(sync.status)
  sync.subscribe(showOfflineSwitch)
  openAddressedRoom()
  installForOffline()
}

/** Opens the room that the address names, or the one that was open last, or a new one. */
function openAddressedRoom(): void {
  const addressed = roomOfFragment(location.hash)
  const room = addressed ?? recentRoomsSetting.read()[0] ?? inventRoom()
  // A room of our own choice replaces the bare address: going back must not lead here again.
  if (addressed === undefined) history.replaceState(null, '', fragmentOfRoom(room))
  if (session?.room.name !== room) openRoom(room)
}

function openRoom(name: string): void {
  const before = session
  view = undefined
  before?.close().catch((error: unknown) => console.error('A room did not close cleanly:', error))
  recentRoomsSetting.write(withOpened(recentRoomsSetting.read(), name))
  page.roomName.textContent = name
  document.title = `${name} · Syncline`
  const opened = openSession({ sync, page, room: name, identity, onStatus: showStatus })
  session = opened
  window.syncline = { sync, room: opened.room }
}

function showStatus(status: RoomStatus): void {
  clearTimeout(countdown)
  const before = view
  view = statusView(status, { now: Date.now(), offlineByChoice: sync.status.offline, formatTime })
  drawStatus(page, view)
  const news = announcement(before, view)
  if (news !== undefined) announce(news)
  const { staleAfterMs } = view.connection
  if (staleAfterMs !== undefined) countdown = setTimeout(() => showStatus(status), staleAfterMs)
}

function switchOffline(offline: boolean): void {
  if (offline) sync.disconnect()
  else sync.connect()
}

function showOfflineSwitch({ offline }: SynclineStatus): void {
  offlineSetting.write(offline)
  page.offlineSwitch.setAttribute('aria-checked', String(offline))
}

function exportRejected(): void {
  session?.exportRejected().catch((error: unknown) => {
    console.error('The refused edits could not be read:', error)
    announce('The refused edits cannot be read now.')
  })
}

function changeIdentity(next: Identity): void {
  identity = next
  identitySetting.write(identity)
  showIdentity(page, identity)
  session?.setIdentity(identity)
}

function inventRoom(): string {
  return inventRoomName((bytes) => crypto.getRandomValues(bytes))
}

function announce(text: string): void {
  page.announcement.textContent = text
}

function formatTime(at: number): string {
  return new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' }).format(at)
}
