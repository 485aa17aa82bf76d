/** Documents of yjs 13.6, and ours, which have the same surface. */
import * as S from '@syncline/core/yjs'
import * as Y from 'yjs'
import { OURS } from '../harness/bench.ts'
import { editRandomly, visibleContent } from '../workloads/random-edits.ts'
import type { Participant } from './participant.ts'

type Library = typeof Y

export function yjsDocument(clientId: number): Participant {
  return documentOf('yjs', Y, clientId, ({ store: { pendingStructs, pendingDs } }) => {
    return pendingStructs !== null || pendingDs !== null
  })
}

export function ourDocument(clientId: number): Participant {
  // That it has this surface is tested where it is made.
  const library = S as unknown as Library
  return documentOf(OURS, library, clientId, (doc) => {
    // What waits is part of what it encodes, and of nothing else: whoever loads that has to wait for the same.
    const loaded = new Y.Doc()
    Y.applyUpdate(loaded, library.encodeStateAsUpdate(doc))
    const isWaiting = loaded.store.pendingStructs !== null || loaded.store.pendingDs !== null
    loaded.destroy()
    return isWaiting
  })
}

function documentOf(name: string, library: Library, clientId: number, isWaiting: (doc: Y.Doc) => boolean): Participant {
  const doc = new library.Doc()
  doc.clientID = clientId
  return {
    library: name,
    isExact: true,
    edit: (random) => editRandomly(doc, random, library),
    onUpdate(listener) {
      doc.on('update', (update: Uint8Array, _source: unknown, _doc: Y.Doc, { local }: Y.Transaction) => {
        // A delivery may make a replica emit: Yjs tidies up formatting.
        if (local) listener(update)
      })
    },
    apply: (update) => library.applyUpdate(doc, update),
    stateVector: () => library.encodeStateVector(doc),
    diff: (stateVector) => library.encodeStateAsUpdate(doc, stateVector),
    encode: () => library.encodeStateAsUpdate(doc),
    content: () => visibleContent(doc),
    isWaiting: () => isWaiting(doc),
    destroy: () => doc.destroy(),
  }
}
