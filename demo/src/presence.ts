/**
 * Who is in the room, and where in the text, read from awareness. What peers send is checked here, once: it ends in styles, labels
 * and positions, and any program may have written it. The fields are the ones that Yjs editors exchange (`user.name`,
 * `user.color`, `cursor.anchor`, `cursor.head`), so other editors see us and we see them.
 */
import type { Awareness } from 'syncline'
import { palette, parseHexColour } from './colour.ts'
import { parseName, type Identity } from './identity.ts'

/** Another replica in the room. */
export interface Peer extends Identity {
  readonly clientID: number
  /** Both ends of the selection as JSON of Yjs relative positions, unchecked; `undefined` when there is none. */
  readonly cursor: { readonly anchor: unknown; readonly head: unknown } | undefined
}

/** Peers shown at a time. The others still write; they are only not drawn. */
export const peersMax = 64

/** The others in the room, in an order that stays the same while they come and go. */
export function readPeers(states: ReadonlyMap<number, unknown>, self: number): readonly Peer[] {
  return [...states]
    .filter(([clientID]) => clientID !== self)
    .sort(([a], [b]) => a - b)
    .slice(0, peersMax)
    .map(([clientID, state]) => readPeer(clientID, state))
}

/** Tells the others who we are. */
export function publishIdentity(awareness: Awareness, identity: Identity): void {
  // Yjs editors paint selections in `colorLight`: the colour at an opacity of 20 %.
  const { name, colour } = identity
  awareness.setLocalStateField('user', { name, color: colour, colorLight: `${colour}33` })
}

/** Calls `listener` when another replica came, changed or went; our own changes are no news. Returns its undo. */
export function onPeers(awareness: Awareness, listener: () => void): () => void {
  const onChange = (change: { added: number[]; updated: number[]; removed: number[] }): void => {
    const ids = [...change.added, ...change.updated, ...change.removed]
    if (ids.some((id) => id !== awareness.clientID)) listener()
  }
  awareness.on('change', onChange)
  return () => awareness.off('change', onChange)
}

/** A replica that says nothing of itself, or nothing sensible, is a guest whose colour follows from its number. */
function readPeer(clientID: number, state: unknown): Peer {
  const { user, cursor } = record(state)
  const { name, color } = record(user)
  const { anchor, head } = record(cursor)
  return {
    clientID,
    name: parseName(name) ?? 'Guest',
    colour: parseHexColour(color) ?? palette[clientID % palette.length]!.hex,
    cursor: anchor === undefined || head === undefined ? undefined : { anchor, head },
  }
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
