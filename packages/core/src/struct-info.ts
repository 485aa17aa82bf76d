/** The parts of a struct's info byte. */
export const gc = 0
export const skip = 10
export const kindBits = 0x1f
export const parentSub = 0x20
export const rightOrigin = 0x40
export const origin = 0x80
