/** The rooms that were opened on this device, latest first: a list of links, not the rooms themselves. */
import { parseRoomName } from './room-name.ts'

/** Rooms remembered; the one opened longest ago drops out. */
export const recentRoomsMax = 12

/** The list from whatever was stored. */
export function parseRecentRooms(found: unknown): readonly string[] {
  if (!Array.isArray(found)) return []
  const names = found.flatMap((entry) => (typeof entry === 'string' ? (parseRoomName(entry) ?? []) : []))
  return [...new Set(names)].slice(0, recentRoomsMax)
}

/** The list after `name` was opened. */
export function withOpened(rooms: readonly string[], name: string): readonly string[] {
  return [name, ...rooms.filter((room) => room !== name)].slice(0, recentRoomsMax)
}
