/** y-indexeddb, with documents of Yjs. */
import { IndexeddbPersistence } from 'y-indexeddb'
import * as Y from 'yjs'
import { textIn } from '../../workloads/keystrokes.ts'
import { visit } from './visit.ts'

const NAME = 'notes'

visit({
  async bring(document) {
    const doc = new Y.Doc()
    await new IndexeddbPersistence(NAME, doc).whenSynced
    Y.applyUpdate(doc, document)
    // It does not tell when something is stored; who opens the same afterwards has to wait for it.
    await new IndexeddbPersistence(NAME, new Y.Doc()).whenSynced
  },
  async read() {
    const doc = new Y.Doc()
    await new IndexeddbPersistence(NAME, doc).whenSynced
    return textIn(doc)
  },
})
