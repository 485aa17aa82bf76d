/**
 * How far a room is in giving back to the relay what it was once told is safe there: one refill at a time, over one membership. A pure machine; that
 * of the room (room-machine.ts) has it read, pushes its parts, and says what became of them. It changes its own state in place.
 *
 * ```
 *           ask                  begin                 every part is done
 *   none ───────────▶ reading ───────────▶ sending ─────────────────────────▶ none, or reading what was asked for meanwhile
 *     ▲                  │  nothing is missing                │
 *     ├──────────────────┘                                    │      the whole was refused: its rows, one by one
 *     └───────────────────────────────────────────────────────┘ abandon (from any)
 * ```
 */

/**
 * What a relay lacks of what is settled on this device. The outbox is no part of it: that a relay has units of the same IDs, which is
 * all that its state vector says, does not make them these, and only the relay, which compares, may acknowledge an edit.
 */
export interface RefillContent {
  /** All of it, merged; `undefined` when the relay lacks nothing. */
  readonly merged: Uint8Array | undefined
  /** The settled rows one by one, in case the relay refuses the merged update for one of them. */
  readonly rows: readonly Uint8Array[]
}

/** One push of a refill. */
export interface RefillPart {
  readonly update: Uint8Array
  /** Whether it is the merged whole, and no single row. */
  readonly whole: boolean
}

/** What to read next: what a relay with this state vector lacks. `undefined` for nothing. */
export type RefillDue = Uint8Array | undefined

type State =
  | { readonly state: 'none' }
  /** `outboxWaits`: edits may follow what is read, so that the relay, which lost it, does not have to ask for it. */
  | { readonly state: 'reading'; readonly outboxWaits: boolean }
  /** `waiting` are to be pushed; `left` counts them and those whose fate is not known. */
  | { readonly state: 'sending'; readonly rows: readonly Uint8Array[]; readonly waiting: RefillPart[]; left: number }

export class Refill {
  #state: State = { state: 'none' }
  /** What was asked for while there was one under way. */
  #next: RefillDue

  get isUnderWay(): boolean {
    return this.#state.state !== 'none'
  }

  /** Whether it was read, and what becomes of its parts is not known yet. */
  get isSending(): boolean {
    return this.#state.state === 'sending'
  }

  /** Whether edits wait until it is known what comes before them. */
  get holdsOutbox(): boolean {
    return this.#state.state === 'reading' && this.#state.outboxWaits
  }

  /** It is being read from now on, in the place of one that was under way. */
  ask(outboxWaits: boolean): void {
    this.#state = { state: 'reading', outboxWaits }
  }

  /** It is due once the one under way is done. The latest counts: it is what the relay lacks by then. */
  askNext(stateVector: Uint8Array): void {
    this.#next = stateVector
  }

  /** The store cannot be read for now, and may take long to come back: edits do not wait for it. */
  readFailed(): void {
    if (this.#state.state === 'reading') this.#state = { state: 'reading', outboxWaits: false }
  }

  /** What was read. Means nothing when none is being read. */
  begin({ merged, rows }: RefillContent): RefillDue {
    if (this.#state.state !== 'reading') return undefined
    if (merged === undefined) return this.#end()
    this.#state = { state: 'sending', rows, waiting: [{ update: merged, whole: true }], left: 1 }
    return undefined
  }

  /** The next part to push, if there is one. */
  take(): RefillPart | undefined {
    return this.#state.state === 'sending' ? this.#state.waiting.shift() : undefined
  }

  /** The relay could not take it now: it is the next again. */
  putBack(part: RefillPart): void {
    if (this.#state.state === 'sending') this.#state.waiting.unshift(part)
  }

  /** A part is in the relay's history, before the room's position in it. */
  partDone(): RefillDue {
    if (this.#state.state !== 'sending') return undefined
    this.#state.left -= 1
    // From here on the position may follow: the relay has again all that it had.
    return this.#state.left === 0 ? this.#end() : undefined
  }

  /** The relay refused a part for good: of the whole, its rows are tried; a row is left out. */
  partRejected(part: RefillPart): RefillDue {
    if (this.#state.state !== 'sending') return undefined
    if (!part.whole) return this.partDone()
    const { rows } = this.#state
    if (rows.length === 0) return this.#end()
    const waiting = rows.map((update) => ({ update, whole: false }))
    this.#state = { state: 'sending', rows, waiting, left: waiting.length }
    return undefined
  }

  /** The membership has ended. The next one begins with a look at what its relay lacks. */
  abandon(): void {
    this.#state = { state: 'none' }
    this.#next = undefined
  }

  /** Nothing of it is left; whatever was asked for meanwhile is next. */
  #end(): RefillDue {
    const next = this.#next
    this.abandon()
    return next
  }
}
