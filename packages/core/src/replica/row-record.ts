/** How many words and halves the records of a row have, and where in them each field is: for those who read the arrays of `RowTable` themselves. */
export const words = 9
export const clock = 0
export const length = 1
export const originClock = 2
export const rightOriginClock = 3
export const content = 4
export const left = 5
export const right = 6
export const nextByClock = 7
export const parent = 8

export const halves = 4
export const client = 0
export const originClient = 1
export const rightOriginClient = 2
/** Kind and flags share a half: the kind in its lowest bits, flags above. */
export const traits = 3
export const kindBits = 0x0f
export const flagsShift = 4
