/** The panel of rooms: where one was lately, where edits still wait, and the way to another room. All ways are addresses. */
import type { Page } from './page.ts'
import { fragmentOfRoom, roomOfInput } from './room-name.ts'

export interface RoomsPanelOptions {
  /** Read each time that the panel opens. */
  readonly recentRooms: () => readonly string[]
  /** Rooms with edits that are not at the relay yet, opened or not. */
  readonly pendingRooms: () => readonly string[]
  readonly currentRoom: () => string
  readonly inventRoom: () => string
  readonly onDownload: () => void
}

export function bindRoomsPanel(page: Page, options: RoomsPanelOptions): void {
  const go = (room: string): void => {
    page.roomsPanel.hidePopover()
    location.hash = fragmentOfRoom(room)
  }
  page.roomsPanel.addEventListener('beforetoggle', (event) => {
    if (event.newState !== 'open') return
    page.roomInput.value = ''
    page.roomError.textContent = ''
    page.recentRooms.replaceChildren(...roomItems(options))
  })
  page.recentRooms.addEventListener('click', (event) => {
    // The link itself does the way; the panel is done.
    if (event.target instanceof Element && event.target.closest('a') !== null) page.roomsPanel.hidePopover()
  })
  page.roomForm.addEventListener('submit', (event) => {
    event.preventDefault()
    const room = roomOfInput(page.roomInput.value)
    if (room === undefined) page.roomError.textContent = 'That cannot be the name of a room.'
    else go(room)
  })
  page.newRoom.addEventListener('click', () => go(options.inventRoom()))
  page.download.addEventListener('click', () => options.onDownload())
}

/** The recent rooms, then those that were not opened lately and still have edits to send. */
function roomItems({ recentRooms, pendingRooms, currentRoom }: RoomsPanelOptions): HTMLElement[] {
  const pending = new Set(pendingRooms())
  const names = new Set([...recentRooms(), ...pending])
  return [...names].map((name) => roomItem(name, name === currentRoom(), pending.has(name)))
}

function roomItem(name: string, current: boolean, pending: boolean): HTMLElement {
  const link = document.createElement('a')
  link.className = 'recent-room'
  link.href = fragmentOfRoom(name)
  if (current) link.setAttribute('aria-current', 'page')
  const label = document.createElement('span')
  label.className = 'recent-room-name'
  label.textContent = name
  link.append(label)
  if (pending) {
    const note = document.createElement('span')
    note.className = 'recent-room-note'
    note.textContent = 'edits wait'
    link.append(note)
  }
  const item = document.createElement('li')
  item.append(link)
  return item
}
