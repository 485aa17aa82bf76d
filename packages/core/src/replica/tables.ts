/**
 * All that a document is made of, without any behaviour of Yjs: rows, clients, types, entries, text and values, and how lists of rows are walked, found, cut
 * and joined. Everything else of the replica works on these.
 */
import { ClientTable } from './client-table.ts'
import { EntryTable } from './entry-table.ts'
import { IdIndex } from './id-index.ts'
import { RowTable } from './row-table.ts'
import { TextBuffer } from './text-buffer.ts'
import { TypeTable } from './type-table.ts'
import { ValueBuffer } from './value-buffer.ts'

export class Tables {
  readonly rows: RowTable = new RowTable()
  readonly clients: ClientTable = new ClientTable(this.rows)
  readonly ids: IdIndex = new IdIndex(this.rows, this.clients)
  readonly types: TypeTable = new TypeTable()
  readonly entries: EntryTable = new EntryTable(this.types)
  readonly text: TextBuffer = new TextBuffer()
  readonly values: ValueBuffer = new ValueBuffer()
  /** For rows with `Flag.redone`, by handle: client index and clock of the item that was made in their place. */
  redone: Map<number, readonly [client: number, clock: number]> | null = null
}
