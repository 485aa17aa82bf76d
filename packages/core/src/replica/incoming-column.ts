/** Columns of a struct of an update that is being applied, from its handle on. */
export const clock = 0
export const length = 1
/** A content kind, `Info.gc` or `Info.skip`. */
export const kind = 2
export const originClient = 3
export const originClock = 4
export const rightClient = 5
export const rightClock = 6
/** Of a struct without origins, the client of the item that holds the parent; NONE if that is a root. What follows is of such structs too. */
export const parentClient = 7
/** Beside it its clock; of a root, the offset of its name. */
export const parentAt = 8
/** Of a root, where its name ends. */
export const parentEnd = 9
/** The offsets of the key, or NONE. */
export const keyAt = 10
export const keyEnd = 11
export const payloadAt = 12
export const payloadEnd = 13
/** The offset of the struct. */
export const from = 14
