/**
 * What a token says about rooms, ready to be asked: an object of patterns (room-pattern.ts) and `read` or `write`.
 *
 *   { "team/**": "read", "team/notes": "write" }
 *
 * A key equal to the room's name counts before all others; then the most specific of the patterns that match; among
 * equally specific ones the lesser access. A room that nothing matches is not open.
 */
import { ProtocolLimits, type Access } from '@syncline/protocol'
import type { RoomAccess } from '../access.ts'
import { compareSpecificity, matchesRoomPattern, parseRoomPattern, type RoomPattern } from './room-pattern.ts'

/** Keys of one object of rules: with each at most `roomNameBytesMax` bytes long, a bound on what one question costs. */
export const ROOM_RULES_MAX = 512

interface Rule {
  readonly pattern: RoomPattern
  readonly access: Access
}

export class RoomRules {
  readonly #exact: ReadonlyMap<string, Access>
  /** Most specific first, and the lesser access first among equals: the first that matches decides. */
  readonly #rules: readonly Rule[]

  private constructor(exact: ReadonlyMap<string, Access>, rules: readonly Rule[]) {
    this.#exact = exact
    this.#rules = rules
  }

  /** Reads a claim, which may be anything. Returns what is wrong with it as text for people, if something is. */
  static parse(claim: unknown): RoomRules | string {
    if (typeof claim !== 'object' || claim === null || Array.isArray(claim)) return 'not an object of patterns'
    const entries: [string, unknown][] = Object.entries(claim)
    if (entries.length > ROOM_RULES_MAX) return `${entries.length} patterns, ${ROOM_RULES_MAX} allowed`
    const exact = new Map<string, Access>()
    const rules: Rule[] = []
    for (const [text, access] of entries) {
      if (access !== 'read' && access !== 'write') return `${quoted(text)} is given neither "read" nor "write"`
      const pattern = parseRoomPattern(text)
      if (pattern === undefined) return `${quoted(text)} is not a pattern`
      exact.set(text, access)
      if (text.includes('*')) rules.push({ pattern, access })
    }
    rules.sort((a, b) => compareSpecificity(a.pattern, b.pattern) || rank(a.access) - rank(b.access))
    return new RoomRules(exact, rules)
  }

  /** Cost: at most the length of the room's name for each pattern. */
  access(room: string): RoomAccess {
    const exact = this.#exact.get(room)
    if (exact !== undefined) return exact
    const segments = room.split('/')
    return this.#rules.find(({ pattern }) => matchesRoomPattern(pattern, segments))?.access ?? 'none'
  }
}

function rank(access: Access): number {
  return access === 'read' ? 0 : 1
}

/** Long keys are cut: the text goes into an error that a client may see. */
function quoted(text: string): string {
  const shown = text.slice(0, ProtocolLimits.roomNameBytesMax / 8)
  return JSON.stringify(shown.length < text.length ? `${shown}…` : shown)
}
