/** Words that somebody writes, as Yjs's updates. */
import { Doc } from 'yjs'

/** The updates of who writes these words into an empty text, one after the other: one each. */
export function updatesOf<const Words extends readonly string[]>(
  clientID: number,
  ...words: Words
): { readonly [Word in keyof Words]: Uint8Array } {
  const doc = new Doc()
  doc.clientID = clientID
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  const text = doc.getText('text')
  for (const word of words) text.insert(text.length, word)
  return updates as unknown as { readonly [Word in keyof Words]: Uint8Array }
}
