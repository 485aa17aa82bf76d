/** The tags of values in lib0's "any" encoding; the layout is drawn in `any.ts`. */
const undefinedTag = 127
const nullTag = 126
const falseTag = 121
const trueTag = 120
export const integer = 125
export const float32 = 124
export const float64 = 123
export const bigint = 122
export const string = 119
/** String keys and any values. */
export const object = 118
export const array = 117
export const bytes = 116
export { undefinedTag as undefined, nullTag as null, falseTag as false, trueTag as true }
