/** The documents of tabs: Yjs's, or the core's, which have all that tabs do with them. The oracles look at either through Yjs. */
import { Doc as CoreDoc } from '@syncline/core'
import { applyUpdate, Doc } from 'yjs'
import { DocReplica } from '../../packages/client/src/room/doc-replica.ts'

export function newDoc(implementation: 'yjs' | 'core', options: { readonly gc: boolean }): Doc {
  return implementation === 'core' ? (new CoreDoc(options) as unknown as Doc) : new Doc(options)
}

/** The document itself if it is of Yjs, else a copy that is. */
export function asYjs(doc: Doc): Doc {
  if (doc instanceof Doc) return doc
  const copy = new Doc({ gc: false })
  applyUpdate(copy, new DocReplica(doc).encodeDiff())
  return copy
}
