/** The document of a trace after so many keystrokes, as each library makes it. A library goes on from one size to the next, and is not asked to go where it would take too long. */
import { check, type BenchContext } from '../harness/bench.ts'
import { costMs } from '../harness/forecast.ts'
import { whyNot } from '../replica/asked-subjects.ts'
import { mayBeRefused } from '../replica/row.ts'
import { WRITER, playText } from '../replica/workload.ts'
import type { Replica, Subject } from '../subjects/subject.ts'
import { replay } from '../workloads/replay.ts'
import type { Edits } from '../workloads/edits.ts'
import type { Trace } from '../workloads/trace.ts'
import { Pieces } from './pieces.ts'

interface Author {
  readonly replica: Replica
  readonly pieces: Pieces
  spentMs: number
  size: number
  readonly states: Map<number, Uint8Array>
}

export class GrowingDocuments {
  readonly #edits: Edits
  readonly #authors = new Map<Subject, Author>()
  readonly #texts = new Map<number, string>()

  constructor({ edits }: Trace) {
    this.#edits = edits
  }

  /** The text after so many keystrokes. */
  textAt(size: number): string {
    const known = this.#texts.get(size)
    if (known !== undefined) return known
    const text = replay(this.#edits.slice(0, size))
    this.#texts.set(size, text)
    return text
  }

  /** What comes next in the trace. */
  editsFrom(size: number, count: number): Edits {
    return this.#edits.slice(size, size + count)
  }

  /** What a subject encodes after so many keystrokes, checked; or why it does not. A size that was not asked for yet is above all that were. */
  stateAt(subject: Subject, size: number, context: Pick<BenchContext, 'scale' | 'fullCounts'>): Uint8Array | string {
    const author = this.#authorOf(subject)
    const known = author.states.get(size)
    if (known !== undefined) return known
    const refused = whyNot(author.pieces.forecast(size), context)
    if (refused !== undefined && mayBeRefused(subject)) return refused
    author.spentMs += costMs(() => playText(author.replica, this.#edits.slice(author.size, size)))
    author.size = size
    author.pieces.add({ size, ms: author.spentMs })
    check(author.replica.text() === this.textAt(size), `${subject.name}: another text after ${size} keystrokes`)
    const state = author.replica.encode()
    author.states.set(size, state)
    return state
  }

  free(): void {
    for (const { replica } of this.#authors.values()) replica.free()
  }

  #authorOf(subject: Subject): Author {
    const known = this.#authors.get(subject)
    if (known !== undefined) return known
    const replica = subject.create(WRITER)
    // As the rows do it: what nobody listens to is not always made.
    replica.onUpdate(() => {})
    const author = { replica, pieces: new Pieces(), spentMs: 0, size: 0, states: new Map<number, Uint8Array>() }
    this.#authors.set(subject, author)
    return author
  }
}
