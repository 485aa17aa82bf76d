/**
 * What a document was at some moment, as two sets of IDs: which units there were, and which of them were deleted. It has no content; that is in the document, as long
 * as that collects no garbage. The bytes are those of Yjs:
 *
 *     delete set, state vector        in format v1, or the delete set as in format v2
 */
import { ByteReader } from '../byte-reader.ts'
import { ByteWriter } from '../byte-writer.ts'
import { readDeleteSetV2, writeDeleteSetV2 } from '../format-v2/delete-set-v2.ts'
import { IdSet } from '../id-set.ts'
import { readStateVector } from '../state-vector.ts'
import { decodeUpdate } from '../update.ts'
import { unitsOf } from '../update-values.ts'
import { DeleteSet } from './delete-set.ts'
import type { DocCore } from './doc-core.ts'
import { deletedIdsOf } from './encode-state.ts'
import { valueInRow, valuesOfRow } from './row-content.ts'
import { isCountable, NONE } from './row-table.ts'
import type { SharedType } from './shared-type.ts'

export class Snapshot {
  /** What was deleted. */
  readonly ds: DeleteSet
  /** Client → next clock. */
  readonly sv: Map<number, number>

  constructor(ds: DeleteSet, sv: Map<number, number>) {
    this.ds = ds
    this.sv = sv
  }
}

export const emptySnapshot: Snapshot = new Snapshot(new DeleteSet(), new Map())

/** What the document is now. Cost linear. */
export function snapshot(doc: DocCore): Snapshot {
  return new Snapshot(DeleteSet.of(deletedIdsOf(doc.tables)), doc.stateVector)
}

export function createSnapshot(ds: DeleteSet, sv: Map<number, number>): Snapshot {
  return new Snapshot(ds, sv)
}

export function equalSnapshots(a: Snapshot, b: Snapshot): boolean {
  if (a.sv.size !== b.sv.size || !a.ds.equals(b.ds)) return false
  for (const [client, clock] of a.sv) if (b.sv.get(client) !== clock) return false
  return true
}

/** In format v1. */
export function encodeSnapshot({ ds, sv }: Snapshot): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter()
  ds.toIds().write(writer)
  writeStates(writer, sv)
  return writer.finish()
}

export function encodeSnapshotV2({ ds, sv }: Snapshot): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter()
  writeDeleteSetV2(writer, ds.toIds())
  writeStates(writer, sv)
  return writer.finish()
}

/** Decodes a snapshot in format v1. Throws `DecodeError`; what it allocates is bounded by the length of `bytes`. */
export function decodeSnapshot(bytes: Uint8Array): Snapshot {
  const reader = new ByteReader(bytes)
  return withStates(IdSet.read(reader), reader)
}

/** The same of format v2. */
export function decodeSnapshotV2(bytes: Uint8Array): Snapshot {
  const reader = new ByteReader(bytes)
  return withStates(readDeleteSetV2(reader), reader)
}

/** Whether an update in format v1 brings nothing that the snapshot does not have. Throws `DecodeError` if it is none. */
export function snapshotContainsUpdate({ ds, sv }: Snapshot, update: Uint8Array): boolean {
  const value = decodeUpdate(update)
  for (const { client, end } of unitsOf(value)) if (end > (sv.get(client) ?? 0)) return false
  return ds.toIds().hasAll(value.deletes)
}

/** Whether a unit was there, and not deleted. Cost log n. */
export function wasVisible({ ds, sv }: Snapshot, client: number, clock: number): boolean {
  return clock < (sv.get(client) ?? 0) && !ds.has(client, clock)
}

/** The first clock above this one from which the snapshot may say something else. Infinity if there is none. */
export function edgeAfter({ ds, sv }: Snapshot, client: number, clock: number): number {
  const state = sv.get(client) ?? 0
  return Math.min(ds.edgeAfter(client, clock), state > clock ? state : Infinity)
}

/** What a list was: the values of its units that the snapshot has. Cost linear. */
export function typeListToArraySnapshot({ doc, handle }: SharedType, of: Snapshot): unknown[] {
  const values: unknown[] = []
  if (doc === null) return values
  const { rows, types, clients } = doc.tables
  for (let row = types.head(handle); row !== NONE; row = rows.right(row)) {
    if (!isCountable(rows.kind(row))) continue
    const client = clients.ids[rows.client(row)]!
    const first = rows.clock(row)
    const inRow = valuesOfRow(doc, row)
    for (let at = 0; at < inRow.length; at++) if (wasVisible(of, client, first + at)) values.push(inRow[at])
  }
  return values
}

/** What stood under a key; undefined if it was not set. Cost linear in how often it was set since. */
export function typeMapGetSnapshot({ doc, handle }: SharedType, key: string, of: Snapshot): unknown {
  return doc === null ? undefined : valueAt(doc, doc.tables.entries.find(handle, key), of)
}

/** What stood under all keys. */
export function typeMapGetAllSnapshot({ doc, handle }: SharedType, of: Snapshot): Record<string, unknown> {
  const values: Record<string, unknown> = {}
  if (doc === null) return values
  const { types, entries } = doc.tables
  for (let entry = types.firstEntry(handle); entry !== NONE; entry = entries.next(entry)) {
    const value = valueAt(doc, entry, of)
    if (value !== undefined) values[entries.keyOf(entry)] = value
  }
  return values
}

/** The value of the last unit under a key that the snapshot knows, unless it was deleted. */
function valueAt(doc: DocCore, entry: number, of: Snapshot): unknown {
  const { rows, clients, entries } = doc.tables
  for (let row = entry === NONE ? NONE : entries.tail(entry); row !== NONE; row = rows.left(row)) {
    const client = clients.ids[rows.client(row)]!
    const first = rows.clock(row)
    // What was set one after the other is one row once it is deleted.
    const known = Math.min((of.sv.get(client) ?? 0) - first, rows.length(row))
    if (known > 0) return of.ds.has(client, first + known - 1) ? undefined : valueInRow(doc, row, known - 1)
  }
  return undefined
}

function writeStates(writer: ByteWriter, sv: ReadonlyMap<number, number>): void {
  writer.varUint(sv.size)
  for (const [client, clock] of [...sv].sort(([a], [b]) => b - a)) {
    writer.varUint(client)
    writer.varUint(clock)
  }
}

function withStates(deletes: IdSet, reader: ByteReader): Snapshot {
  const sv = readStateVector(reader)
  reader.end()
  return new Snapshot(DeleteSet.of(deletes), sv)
}
