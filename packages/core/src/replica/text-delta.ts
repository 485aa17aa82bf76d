/**
 * A text as inserts with attributes: as it is now, as a snapshot has it, and what changed between two. As in Yjs rows are taken apart where a snapshot begins to say something else; here they are only read
 * in parts, so that nothing is cut that should stay whole.
 */
import * as ContentKind from '../content-kind.ts'
import type { DocCore } from './doc-core.ts'
import type { DeltaStep } from './event.ts'
import { ID } from './item.ts'
import { textOfRow, valueInRow } from './row-content.ts'
import { NONE } from './row-table.ts'
import { edgeAfter, wasVisible, type Snapshot } from './snapshot.ts'
import { applyFormat, formatOfRow } from './text-position.ts'

/** The value of the attribute `ychange` of what was added or removed; `id` names its first unit. */
export type ComputeYChange = (type: 'added' | 'removed', id: ID) => unknown

/** The attribute that tells what became of a part of the text. As in Yjs, what apps set under this name is not told of text. */
const CHANGE = 'ychange'

/**
 * The text of `now`, a snapshot or the document as it is; what was visible in `before` is in it as well. Cost linear in the rows, and log n in the ranges of the
 * snapshots for each.
 */
export function deltaOf(
  doc: DocCore,
  type: number,
  now: Snapshot | undefined,
  before: Snapshot | undefined,
  computeYChange: ComputeYChange | undefined,
): DeltaStep[] {
  const { tables } = doc
  const { rows, types, clients } = tables
  const steps: DeltaStep[] = []
  const attributes = new Map<string, unknown>()
  let text = ''
  const push = (insert: string | object): void => {
    steps.push(attributes.size > 0 ? { insert, attributes: Object.fromEntries(attributes) } : { insert })
  }
  const endText = (): void => {
    if (text.length > 0) push(text)
    text = ''
  }
  const mark = (change: 'added' | 'removed', client: number, clock: number): void => {
    const current = attributes.get(CHANGE) as { user?: unknown; type?: unknown } | undefined
    if (current !== undefined && current.user === client && current.type === change) return
    endText()
    attributes.set(
      CHANGE,
      computeYChange === undefined ? { type: change } : computeYChange(change, new ID(client, clock)),
    )
  }
  for (let row = types.head(type); row !== NONE; row = rows.right(row)) {
    const client = clients.ids[rows.client(row)]!
    const first = rows.clock(row)
    const end = first + rows.length(row)
    for (let clock = first, next = end; clock < end; clock = next) {
      next = Math.min(
        end,
        now === undefined ? end : edgeAfter(now, client, clock),
        before === undefined ? end : edgeAfter(before, client, clock),
      )
      const isThere = now === undefined ? !rows.isDeleted(row) : wasVisible(now, client, clock)
      const wasThere = before !== undefined && wasVisible(before, client, clock)
      if (!isThere && !wasThere) continue
      switch (rows.kind(row)) {
        case ContentKind.string:
          if (now !== undefined && !isThere) mark('removed', client, clock)
          else if (before !== undefined && !wasThere) mark('added', client, clock)
          else if (attributes.has(CHANGE)) {
            endText()
            attributes.delete(CHANGE)
          }
          text += textOfRow(tables, row).slice(clock - first, next - first)
          break
        case ContentKind.type:
        case ContentKind.embed:
          endText()
          push(valueInRow(doc, row, 0) as object)
          break
        case ContentKind.format:
          if (!isThere) break
          endText()
          applyFormat(attributes, formatOfRow(tables, row))
          break
        default:
      }
    }
  }
  endText()
  return steps
}
