/** Kinds of shared types by the number that stands for them on the wire; a root that only updates have named has none yet. */
export const array = 0
export const map = 1
export const text = 2
export const xmlElement = 3
export const xmlFragment = 4
export const xmlHook = 5
export const xmlText = 6
export const unknown = 7

export type Kind =
  | typeof array
  | typeof map
  | typeof text
  | typeof xmlElement
  | typeof xmlFragment
  | typeof xmlHook
  | typeof xmlText
  | typeof unknown
