/**
 * Every reason that the relay gives a client in `refused`, `reject`, `evicted` and `error`, with its number on the
 * wire. Numbers are never reused. Callers branch on the name; the `message` beside it is for people.
 */

export const wireCodes = {
  /** A message did not decode, came from the wrong side or at the wrong time. */
  'malformed-message': 1,
  /** Bytes inside a good message are not what their field promises: an update, a state vector, an awareness update. */
  'malformed-update': 2,
  'malformed-state-vector': 3,
  'malformed-awareness': 4,
  /** None of the versions in `hello` is spoken here. */
  'unsupported-version': 5,
  /** The handle names no room that this connection is a member of. */
  'unknown-handle': 6,
  /** The room's name is empty, too long, or holds control characters. */
  'invalid-room-name': 7,
  /** A push from a member that may only read. */
  'read-only': 8,
  'update-too-large': 9,
  'awareness-too-large': 10,
  'too-many-rooms': 11,
  'too-many-connections': 12,
  /** No token, or one that is not valid. */
  unauthorized: 13,
  /** A valid token that does not open this room. */
  forbidden: 14,
  /** The log could not store the update, or could not be read. Nothing was acknowledged. */
  'log-unavailable': 15,
  /** The room, or the relay, is closing. */
  'going-away': 16,
  /** The relay itself failed. */
  internal: 17,
  /** The update claims units that the room has with other content. Whoever applies both diverges for good. */
  'conflicting-update': 18,
  /** The update writes under a client ID that belongs to somebody else. */
  'foreign-client-id': 19,
  /** A fresh token gives the member other access than before: join again to have it. */
  'access-changed': 20,
} as const

export type WireCode = keyof typeof wireCodes

const names = new Map<number, WireCode>((Object.keys(wireCodes) as WireCode[]).map((name) => [wireCodes[name], name]))

/** The name of a code on the wire, or `undefined` for a number that this version does not know. */
export function wireCodeName(number: number): WireCode | undefined {
  return names.get(number)
}
