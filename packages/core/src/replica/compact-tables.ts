/** Packing the buffers of text and values once more of them is dead than alive: rows move their content, nothing else changes. */
import * as ContentKind from '../content-kind.ts'
import type { DocCore } from './doc-core.ts'
import * as Flag from './row-flag.ts'
import { NONE } from './row-table.ts'
import { TextBuffer } from './text-buffer.ts'
import type { Tables } from './tables.ts'

/** Less than this is not worth the work. */
const DEAD_UNITS_MIN = 4096
const DEAD_VALUES_MIN = 1024

/** Packs what needs it. Cost linear in the rows, and paid for by as many units that died since the last time. */
export function compactTables(doc: DocCore): void {
  const { text, values } = doc.tables
  if (text.dead > DEAD_UNITS_MIN && text.dead * 2 > text.narrowEnd + text.wideEnd) compactText(doc.tables)
  if (values.dead > DEAD_VALUES_MIN && values.dead * 2 > values.values.length) compactValues(doc.tables)
}

/** Copies the text of rows, in the order of their clocks, to new buffers without gaps. */
export function compactText(tables: Tables): void {
  const { rows, text } = tables
  const packed = new TextBuffer()
  let narrowUnits = 0
  let wideUnits = 0
  forEachRow(tables, (row) => {
    if (rows.kind(row) !== ContentKind.string) return
    if ((rows.flags(row) & Flag.wide) === 0) narrowUnits += rows.length(row)
    else wideUnits += rows.length(row)
  })
  packed.reserveNarrow(narrowUnits + (narrowUnits >> 3))
  if (wideUnits > 0) packed.reserveWide(wideUnits + (wideUnits >> 3))
  forEachRow(tables, (row) => {
    if (rows.kind(row) !== ContentKind.string) return
    const from = rows.content(row)
    const to = from + rows.length(row)
    if ((rows.flags(row) & Flag.wide) === 0) {
      packed.narrow.set(text.narrow.subarray(from, to), packed.narrowEnd)
      rows.setContent(row, packed.narrowEnd)
      packed.narrowEnd += to - from
    } else {
      packed.wide.set(text.wide.subarray(from, to), packed.wideEnd)
      rows.setContent(row, packed.wideEnd)
      packed.wideEnd += to - from
    }
  })
  text.take(packed)
}

function compactValues(tables: Tables): void {
  const { rows, values } = tables
  const before = values.restart()
  forEachRow(tables, (row) => {
    switch (rows.kind(row)) {
      case ContentKind.any:
      case ContentKind.json:
      case ContentKind.binary:
      case ContentKind.embed:
      case ContentKind.format:
      case ContentKind.document: {
        const from = rows.content(row)
        rows.setContent(row, values.putRun(before.slice(from, from + rows.length(row))))
        return
      }
      default:
    }
  })
}

function forEachRow(tables: Tables, visit: (row: number) => void): void {
  const { rows, clients } = tables
  for (let client = 0; client < clients.count; client++) {
    for (let row = clients.first(client); row !== NONE; row = rows.nextByClock(row)) visit(row)
  }
}
