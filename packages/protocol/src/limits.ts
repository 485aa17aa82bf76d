/**
 * The bounds of the protocol. Those in {@link ProtocolLimits} are fixed by this version and hold for every field of
 * every message; a relay names the ones that it sets itself in `welcome`.
 */

export const ProtocolLimits = {
  /** Versions in one `hello`. */
  versionsMax: 16,
  /** UTF-8 bytes of a room's name. */
  roomNameBytesMax: 512,
  /** UTF-8 bytes of text for people: agent strings, messages, reasons. */
  textBytesMax: 1024,
  /** UTF-8 bytes of a token. */
  tokenBytesMax: 16_384,
  /** Messages in one frame. */
  frameMessagesMax: 4096,
  /** Replicas in one awareness update. */
  awarenessEntriesMax: 1024,
} as const

/**
 * Whether `name` can name a room: 1 … 512 bytes of UTF-8 without control characters, and no lone surrogates. Slashes
 * are ordinary characters.
 */
export function isRoomName(name: string): boolean {
  // oxlint-disable-next-line no-control-regex -- finding control characters is the point
  if (name.length === 0 || /[\u0000-\u001f\u007f]/.test(name) || !isWellFormed(name)) return false
  return utf8Length(name) <= ProtocolLimits.roomNameBytesMax
}

/** Whether every surrogate of `text` has its pair. (`String.prototype.isWellFormed` is younger than ES2023.) */
function isWellFormed(text: string): boolean {
  return !/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(text)
}

function utf8Length(text: string): number {
  let bytes = 0
  for (const character of text) {
    const point = character.codePointAt(0)!
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  }
  return bytes
}
