/**
 * Columns of a table: typed arrays of one length, side by side in one buffer, since a small array of its own costs two hundred bytes and most documents are
 * small. Growing a table makes new columns; whoever kept an old one reads what was.
 */

/** What columns are before the first row: the same for all tables. */
export const noNumbers: Int32Array = new Int32Array(0)
export const noHalves: Int16Array = new Int16Array(0)
export const noBytes: Uint8Array = new Uint8Array(0)

type Column = Int32Array | Int16Array | Uint8Array
type ColumnConstructor = new (buffer: ArrayBuffer, offset: number, length: number) => Column

/** Longer columns with the same beginnings, in the same order, which is that of their element sizes: the largest first. */
export function grownColumns<const Columns extends readonly Column[]>(
  capacity: number,
  columns: Columns,
): { -readonly [Index in keyof Columns]: Columns[Index] } {
  let rowBytes = 0
  for (const { BYTES_PER_ELEMENT } of columns) rowBytes += BYTES_PER_ELEMENT
  const buffer = new ArrayBuffer(capacity * rowBytes)
  let offset = 0
  const longer = columns.map((column) => {
    const next = new (column.constructor as ColumnConstructor)(buffer, offset, capacity)
    next.set(column)
    offset += capacity * column.BYTES_PER_ELEMENT
    return next
  })
  return longer as unknown as { -readonly [Index in keyof Columns]: Columns[Index] }
}
