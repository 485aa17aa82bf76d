/** An editing trace: what one author did to one text, keystroke by keystroke. Recorded or generated; the benches cannot tell. */
import type { Edits } from './edits.ts'

/** At `position`, `deleted` code units go and `inserted` comes. Positions count UTF-16 code units. */
export interface Edit {
  readonly position: number
  readonly deleted: number
  readonly inserted: string
}

export interface Trace {
  /** For the report: where the edits come from. */
  readonly name: string
  readonly edits: Edits
  /** The text after all edits, starting from nothing. */
  readonly endContent: string
}
