/** Two documents in one page that send each other every update at once; one may be of Yjs itself, whatever `yjs` stands for. */
import * as Y from 'yjs'
import * as Published from 'yjs/src/index.js'

/** A document of Yjs itself. */
export function publishedDoc(): Y.Doc {
  return new Published.Doc()
}

/** What one emits, the other applies; `together` cuts and mends the link. */
export interface Link {
  together: boolean
}

export function link(ours: Y.Doc, published: Y.Doc): Link {
  const state: Link = { together: true }
  ours.on('update', (update: Uint8Array, source: unknown) => {
    if (state.together && source !== published) Published.applyUpdate(published, update, ours)
  })
  published.on('update', (update: Uint8Array, source: unknown) => {
    if (state.together && source !== ours) Y.applyUpdate(ours, update, published)
  })
  return state
}

/** Both get what they lack, and are linked again. */
export function meet(ours: Y.Doc, published: Y.Doc, state: Link): void {
  state.together = true
  Published.applyUpdate(published, Y.encodeStateAsUpdate(ours, Published.encodeStateVector(published)), ours)
  Y.applyUpdate(ours, Published.encodeStateAsUpdate(published, Y.encodeStateVector(ours)), published)
}

/** Both as bytes; equal if the documents are. */
export function statesOf(ours: Y.Doc, published: Y.Doc): [ours: Uint8Array, published: Uint8Array] {
  return [Y.encodeStateAsUpdate(ours), Published.encodeStateAsUpdate(published)]
}
