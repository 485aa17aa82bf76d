/**
 * The one place where the core takes randomness from its surroundings: a document names itself when it is made, as in Yjs. Everybody who needs to know the
 * names beforehand assigns `clientID`, and passes `guid`.
 */

declare const crypto: { getRandomValues(array: Uint32Array): Uint32Array; randomUUID?(): string }

/** A fresh client ID: 32 random bits, as in Yjs. Copies of a document must not share one. */
export function randomClientId(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0]!
}

/** A random version 4 UUID. */
export function randomGuid(): string {
  const words = crypto.getRandomValues(new Uint32Array(4))
  const digits = Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('')
  const variant = '89ab'[words[2]! % 4]!
  // Joined, not concatenated: V8 keeps the parts of a concatenation, which are ten times as large as the result.
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `${variant}${digits.slice(17, 20)}`,
    digits.slice(20),
  ].join('-')
}
