/**
 * How far one member of a room is: the place up to which it was sent everything, or wrote it itself, and what it waits for. Pure:
 * positions come from the room, and what is to be read goes back to it.
 *
 * ```
 * reading ──caughtUp, at the head──▶ live           live: everything new is sent as it comes
 *  ▲ │  ▲ └──caughtUp, not there yet──┐  │          reading: one merged update is on its way from the log
 *  │ │  └─────────────────────────────┘  │ hold     waiting: the socket is full, nothing is sent
 *  │ └─hold──▶ waiting ◀─────────────────┘
 *  └─bringTo──────┘                                 At the head already, `bringTo` makes it live at once.
 * ```
 *
 * Nothing is skipped: what is live has its mark at the head. Joining, asking again, recovering and being slow are the same thing,
 * a mark behind the head and a read from it; so a member that is behind costs a mark, and no queue.
 */
import type { Position } from '@syncline/protocol'
import { emptyHead } from '../log/update-log.ts'

/** What has to be read from the log for a member. */
export interface Wanted {
  /** By this number its answer is known. */
  readonly read: number
  readonly afterSeq: number
  /** What the member has: then it is everything that has to be read, to be diffed. */
  readonly stateVector: Uint8Array | undefined
  /** Whether it asked for that, once it was a member. */
  readonly isAsked: boolean
}

/** What a member is to be sent of something new: the update, or only how far it now is. */
export type Share = 'update' | 'position' | 'nothing'

type State =
  | { readonly kind: 'live' }
  | { readonly kind: 'reading'; readonly read: number }
  | { readonly kind: 'waiting' }

const live: State = { kind: 'live' }
const waiting: State = { kind: 'waiting' }

export class Delivery {
  #mark: Position
  /** The place that its client takes itself to be at: that of the last `updates`, and of each ack that is the next one. */
  #clientSeq: number
  #state: State = live
  /** What a newcomer had when it joined, or said that it has, until its first catch-up is sent. */
  #stateVector: Uint8Array | undefined
  /** The state vector of its last question, until a read for it begins. */
  #question: Uint8Array | undefined

  /** It has everything up to `mark`, and beyond that what `stateVector` says. Live only after {@link Delivery.bringTo}. */
  constructor(mark: Position, clientSeq: number, stateVector: Uint8Array | undefined) {
    this.#mark = mark
    this.#clientSeq = clientSeq
    this.#stateVector = stateVector
  }

  /** The place up to which it has everything. */
  get mark(): Position {
    return this.#mark
  }

  get isLive(): boolean {
    return this.#state.kind === 'live'
  }

  get isWaiting(): boolean {
    return this.#state.kind === 'waiting'
  }

  /** Whether it still waits for that read. */
  awaits(read: number): boolean {
    return this.#state.kind === 'reading' && this.#state.read === read
  }

  /** The log has new entries up to `position`; `wroteAll`: all of them are the member's own. Returns what it has to be sent now. */
  share(position: Position, wroteAll: boolean): Share {
    // A read may have seen the entries before we heard of them: then its reader's mark is there already.
    if (this.#state.kind !== 'live' || this.#mark.seq >= position.seq) return 'nothing'
    const clientSeq = this.#clientSeq
    this.#mark = position
    this.#clientSeq = position.seq
    if (!wroteAll) return 'update'
    // The ack of a single entry has told it where it is.
    return clientSeq < position.seq ? 'position' : 'nothing'
  }

  /** It is told that its push is at `position`. */
  acked({ seq }: Position): void {
    if (seq === this.#clientSeq + 1) this.#clientSeq = seq
  }

  /**
   * It asks for what `stateVector` lacks, at the next {@link Delivery.bringTo}. Of several questions that wait, the last one
   * counts, so a member that asks and asks costs one read at a time.
   */
  ask(stateVector: Uint8Array): void {
    this.#question = stateVector
  }

  /** Makes it live if it has everything up to `head` and asks for nothing; else returns what to read, as number `read`. */
  bringTo(head: Position, read: number): Wanted | undefined {
    const isAsked = this.#question !== undefined
    if (isAsked) {
      this.#mark = emptyHead.position
      this.#stateVector = this.#question
      this.#question = undefined
    } else if (this.#mark.seq >= head.seq) {
      this.#state = live
      this.#stateVector = undefined
      return undefined
    }
    this.#state = { kind: 'reading', read }
    const stateVector = this.#stateVector
    // A diff needs everything to be diffed; a tail starts at the mark.
    return { read, afterSeq: stateVector === undefined ? this.#mark.seq : 0, stateVector, isAsked }
  }

  /** It is sent what was read, up to `position`. */
  caughtUp(position: Position): void {
    this.#mark = position
    this.#clientSeq = position.seq
    this.#stateVector = undefined
  }

  /** Its socket is full. A read under way is forgotten: its result would be one more thing that the socket cannot take. */
  hold(): void {
    this.#state = waiting
  }
}
