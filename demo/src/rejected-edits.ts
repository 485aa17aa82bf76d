/** What the relay refused, as a file for a person to keep: JSON, each Yjs update in base64, with the relay's reason. */
import type { RejectedEdit } from 'syncline'

export function encodeRejectedEdits(edits: readonly RejectedEdit[]): string {
  return JSON.stringify(
    edits.map(({ code, update }) => ({ code, update: base64(update) })),
    undefined,
    2,
  )
}

function base64(bytes: Uint8Array): string {
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))
}
