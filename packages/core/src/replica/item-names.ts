/** Yjs's functions about items and types, by which bindings find their way: they take facades, and walk tables. */
import type { DeleteSet } from './delete-set.ts'
import type { Item } from './item.ts'
import { GC_KIND, NONE } from './row-table.ts'
import type { SharedType } from './shared-type.ts'
import type { Transaction } from './transaction.ts'

/** Whether an item is in a type, at any depth. */
export function isParentOf(type: SharedType, item: Item | null): boolean {
  for (let child = item; child !== null;) {
    const parent: SharedType | null = child.parent
    if (parent === type) return true
    child = parent?._item ?? null
  }
  return false
}

/**
 * Calls `visit` with the items that have units in `deleted`, each client's in order. Unlike Yjs it cuts none, so that the first and the last of a range may reach beyond
 * it; and it leaves out what was collected, of which nothing is known.
 */
export function iterateDeletedStructs(transaction: Transaction, deleted: DeleteSet, visit: (item: Item) => void): void {
  const { doc } = transaction
  const { clients, rows, ids } = doc.tables
  for (const [clientId, ranges] of deleted.clients) {
    const client = clients.indexOf(clientId)
    if (client === NONE) continue
    for (const { clock, len } of ranges) {
      if (clock >= clients.state(client)) continue
      for (let row = ids.find(client, clock); row !== NONE; row = rows.nextByClock(row)) {
        if (rows.clock(row) >= clock + len) break
        if (rows.kind(row) !== GC_KIND) visit(doc.itemOfRow(row))
      }
    }
  }
}
