/** Bits of a row's flags. */
export const deleted = 1
/** Undo may need the content: garbage collection leaves it. */
export const keep = 2
/** Text that is not ASCII, in the buffer of 16-bit units. */
export const wide = 4
/** Undone and done again: the item that took its place is in `Tables.redone`. */
export const redone = 8
