/** What a person, who is a process of its own, is asked to do, one thing at a time, and what they answer. */
import type { Edit } from '../workloads/trace.ts'
import type { Place } from './library.ts'

export type PersonRequest =
  | ({ readonly type: 'open' } & Place)
  /** Types at the end of the text, a keystroke every so many milliseconds. */
  | { readonly type: 'type'; readonly seed: number; readonly keystrokes: number; readonly everyMs: number }
  /** From now on notes when each of the next so many characters is in the text. */
  | { readonly type: 'watch'; readonly characters: number }
  /** Answers when all of those are there. */
  | { readonly type: 'seen' }
  /** Makes edits as fast as the library takes them, a transaction each, positions counted from `from`. */
  | { readonly type: 'edit'; readonly edits: readonly Edit[]; readonly from: number }
  /** Answers when the text is so long. */
  | { readonly type: 'wait'; readonly length: number }
  | { readonly type: 'go offline' }
  /** As `wait`, for the text as it is when all has come. */
  | { readonly type: 'go online'; readonly length: number }
  | { readonly type: 'read' }
  | { readonly type: 'close' }

/** Times are milliseconds on a clock that all processes of the machine share. */
export interface PersonAnswers {
  readonly open: { readonly room: string }
  /** When each edit was about to be made. */
  readonly type: { readonly at: Float64Array }
  readonly watch: object
  readonly seen: { readonly at: Float64Array }
  readonly edit: object
  readonly wait: { readonly at: number }
  readonly 'go offline': object
  readonly 'go online': { readonly from: number; readonly at: number }
  readonly read: { readonly text: string }
  readonly close: object
}

/** Milliseconds on the clock of the machine. */
export function machineMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
