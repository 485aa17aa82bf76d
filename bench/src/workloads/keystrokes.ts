/** A trace as what a Yjs client sends: one update per keystroke. */
import * as Y from 'yjs'
import type { Edit } from './trace.ts'

/** Client IDs as Yjs draws them, at random from 32 bits: most take five bytes, wherever a struct names one. */
export const CLIENT_IDS = [2_871_653_209, 1_594_020_663, 3_340_917_442] as const

/** The name of the text that the traces edit. */
const TEXT = 'text'

/** One update per edit, by a replica with this client ID that starts from nothing. */
export function keystrokeUpdates(edits: Iterable<Edit>, clientID: number = CLIENT_IDS[0]): Uint8Array[] {
  const updates: Uint8Array[] = []
  const doc = new Y.Doc()
  doc.clientID = clientID
  doc.on('update', (update: Uint8Array) => updates.push(update))
  applyEdits(doc, edits)
  doc.destroy()
  return updates
}

/** Does the edits in `doc`, a transaction each. */
export function applyEdits(doc: Y.Doc, edits: Iterable<Edit>): void {
  const text = doc.getText(TEXT)
  for (const { position, deleted, inserted } of edits) {
    doc.transact(() => {
      if (deleted > 0) text.delete(position, deleted)
      if (inserted !== '') text.insert(position, inserted)
    })
  }
}

/** The document that the edits make, as somebody has it who loaded it: one update, without the content of what was deleted. */
export function documentOf(edits: Iterable<Edit>, clientID: number = CLIENT_IDS[0]): Uint8Array {
  const doc = new Y.Doc()
  doc.clientID = clientID
  applyEdits(doc, edits)
  const document = Y.encodeStateAsUpdate(doc)
  doc.destroy()
  return document
}

/** The text of a fresh document that got these updates. */
export function textOf(updates: readonly Uint8Array[]): string {
  const doc = new Y.Doc()
  doc.transact(() => {
    for (const update of updates) Y.applyUpdate(doc, update)
  })
  const text = textIn(doc)
  doc.destroy()
  return text
}

/** The traces' text in a document. */
export function textIn(doc: Y.Doc): string {
  // oxlint-disable-next-line typescript/no-base-to-string -- a Y.Text's string is its text
  return doc.getText(TEXT).toString()
}
