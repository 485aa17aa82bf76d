/** The kinds of content, by the number that stands for them in an item's info byte. */
export const deleted = 1
export const json = 2
export const binary = 3
export const string = 4
export const embed = 5
export const format = 6
export const type = 7
export const any = 8
export const document = 9

export type Kind =
  | typeof deleted
  | typeof json
  | typeof binary
  | typeof string
  | typeof embed
  | typeof format
  | typeof type
  | typeof any
  | typeof document
