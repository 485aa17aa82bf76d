/** The rows of ranges of IDs, cut so that they hold nothing else. */
import type { DeleteSet } from './delete-set.ts'
import { cut, rowBeginningWith } from './integrate.ts'
import { GC_KIND, NONE } from './row-table.ts'
import type { Transaction } from './transaction.ts'

/**
 * Calls `visit` with each row of the units of a set that the document has, client after client, ascending. Rows are cut at the edges of ranges; only GC runs can
 * reach beyond. `visit` may cut and insert rows.
 */
export function forEachRowOf(transaction: Transaction, ids: DeleteSet, visit: (row: number) => void): void {
  const { rows, clients } = transaction.doc.tables
  for (const [id, items] of ids.clients) {
    const client = clients.indexOf(id)
    if (client === NONE) continue
    for (const { clock, len } of items) {
      if (clock >= clients.state(client)) break
      if (len === 0) continue
      const end = clock + len
      let row = rowBeginningWith(transaction, client, clock)
      while (row !== NONE && rows.clock(row) < end) {
        const units = end - rows.clock(row)
        if (units < rows.length(row) && rows.kind(row) !== GC_KIND) cut(transaction, row, units)
        visit(row)
        row = rows.nextByClock(row)
      }
    }
  }
}
