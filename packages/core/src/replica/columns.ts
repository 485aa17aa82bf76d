/**
 * Columns of a table: typed arrays of one length, side by side in one buffer, since a small array of its own costs two hundred bytes and most documents are
 * small. Growing a table makes new columns; whoever kept an old one reads what was.
 */

/** What columns are before the first row: the same for all tables. */
export const noNumbers: Int32Array = new Int32Array(0)
export const noBytes: Uint8Array = new Uint8Array(0)

/** Longer columns with the same beginnings, in the same order; columns of bytes after those of numbers. */
export function grownColumns(
  capacity: number,
  numbers: readonly Int32Array[],
  bytes: readonly Uint8Array[] = [],
): { readonly numbers: readonly Int32Array[]; readonly bytes: readonly Uint8Array[] } {
  const size = Int32Array.BYTES_PER_ELEMENT
  const buffer = new ArrayBuffer(capacity * (numbers.length * size + bytes.length))
  const longerNumbers = numbers.map((column, index) => {
    const longer = new Int32Array(buffer, index * capacity * size, capacity)
    longer.set(column)
    return longer
  })
  const longerBytes = bytes.map((column, index) => {
    const longer = new Uint8Array(buffer, capacity * (numbers.length * size + index), capacity)
    longer.set(column)
    return longer
  })
  return { numbers: longerNumbers, bytes: longerBytes }
}
