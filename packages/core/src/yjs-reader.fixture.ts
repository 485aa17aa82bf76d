/** A Yjs client as somebody who has to live with what is sent to it: it reads updates, and may throw. */
import * as Y from 'yjs'

/**
 * Applies updates to a fresh replica and asks for its state; throws what Yjs throws. One that collects garbage throws if a unit is alive
 * inside of a deleted type, which only forgery brings about (see `yjs-quirks.test.ts`): where there is one, it is left out.
 */
export function readByYjs(updates: readonly Uint8Array[]): Uint8Array {
  const keeping = replicaWith(updates, false)
  const isAnyAlive = [...keeping.store.clients.values()].flat().some(isAliveInDeleted)
  return Y.encodeStateAsUpdate(isAnyAlive ? keeping : replicaWith(updates, true))
}

function replicaWith(updates: readonly Uint8Array[], gc: boolean): Y.Doc {
  const doc = new Y.Doc({ gc })
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc
}

function isAliveInDeleted(struct: Y.Item | Y.GC): boolean {
  if (!(struct instanceof Y.Item) || struct.deleted) return false
  const { parent } = struct
  return parent instanceof Y.AbstractType && parent._item?.deleted === true
}
