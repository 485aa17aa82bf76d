/** The half of a {@link SharedText} that all libraries have in common whose documents are those of Yjs. */
import * as Y from 'yjs'
import { textIn } from '../../workloads/keystrokes.ts'

export class YjsText {
  readonly doc: Y.Doc
  readonly room: string
  readonly #text: Y.Text
  onChange: () => void = () => {}

  constructor(doc: Y.Doc, room: string) {
    this.doc = doc
    this.room = room
    this.#text = doc.getText('text')
    this.#text.observe(() => this.onChange())
  }

  get length(): number {
    return this.#text.length
  }

  text(): string {
    return textIn(this.doc)
  }

  edit(position: number, deleted: number, inserted: string): void {
    this.doc.transact(() => {
      if (deleted > 0) this.#text.delete(position, deleted)
      if (inserted !== '') this.#text.insert(position, inserted)
    })
  }
}

/** A document that holds this much already. */
export function docWith(document: Uint8Array | undefined): Y.Doc {
  const doc = new Y.Doc()
  if (document !== undefined) Y.applyUpdate(doc, document)
  return doc
}
