/**
 * A pattern over the names of rooms, as tokens use them. A name is read as segments between slashes.
 *
 *   team/notes        that room
 *   team/*            `*`: any characters of one segment, none too; at most once in a segment
 *   team/draft-*      … also as part of one
 *   team/**           `**`: one or more whole segments; at most once in a pattern
 *   **                every room
 *
 * These bounds make matching linear: nothing is ever tried twice. There is no escape: a room whose name holds a star is
 * named by a pattern equal to it, since equality counts before patterns (room-rules.ts).
 */
import { isRoomName } from '@syncline/protocol'

/** A segment of a pattern: literal if `suffix` is absent, else `prefix*suffix`. */
interface Segment {
  readonly prefix: string
  readonly suffix: string | undefined
}

export interface RoomPattern {
  /** The segments before `**`, or all of them. */
  readonly before: readonly Segment[]
  /** The segments after `**`; absent without one. */
  readonly after: readonly Segment[] | undefined
  /** Characters that are no star: the more, the more specific the pattern is. */
  readonly literals: number
  /** Segments with a `*`. */
  readonly stars: number
}

/** The pattern that `text` writes, or `undefined` for text that is none. */
export function parseRoomPattern(text: string): RoomPattern | undefined {
  if (!isRoomName(text)) return undefined
  const parts = text.split('/')
  const double = parts.indexOf('**')
  if (double !== parts.lastIndexOf('**')) return undefined
  const before = parseSegments(double === -1 ? parts : parts.slice(0, double))
  const after = double === -1 ? undefined : parseSegments(parts.slice(double + 1))
  if (before === undefined || (double !== -1 && after === undefined)) return undefined
  const stars = [...before, ...(after ?? [])].filter(({ suffix }) => suffix !== undefined).length
  return { before, after, literals: text.replaceAll('*', '').length, stars }
}

/** Whether the room is one of the pattern's. `room` is a name split at its slashes. Cost linear in the name's length. */
export function matchesRoomPattern({ before, after }: RoomPattern, room: readonly string[]): boolean {
  if (after === undefined) return room.length === before.length && matchesAt(before, room, 0)
  if (room.length <= before.length + after.length) return false
  return matchesAt(before, room, 0) && matchesAt(after, room, room.length - after.length)
}

/**
 * Orders patterns that match the same room: negative when `a` is the more specific. More literal characters count
 * first, then having no `**`, then fewer stars. 0: as specific as each other.
 */
export function compareSpecificity(a: RoomPattern, b: RoomPattern): number {
  const doubles = Number(a.after !== undefined) - Number(b.after !== undefined)
  return b.literals - a.literals || doubles || a.stars - b.stars
}

function parseSegments(parts: readonly string[]): readonly Segment[] | undefined {
  const segments: Segment[] = []
  for (const part of parts) {
    const [prefix, suffix, ...more] = part.split('*')
    if (prefix === undefined || more.length > 0) return undefined
    segments.push({ prefix, suffix })
  }
  return segments
}

function matchesAt(segments: readonly Segment[], room: readonly string[], from: number): boolean {
  return segments.every(({ prefix, suffix }, index) => {
    const segment = room[from + index]!
    if (suffix === undefined) return segment === prefix
    // The length: prefix and suffix may not share characters.
    return segment.length >= prefix.length + suffix.length && segment.startsWith(prefix) && segment.endsWith(suffix)
  })
}
