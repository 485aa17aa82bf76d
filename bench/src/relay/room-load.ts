/**
 * One room under load: one writer, some readers, a list of updates to be pushed in order. Notices when each was acknowledged and
 * when the last reader had it, and checks in the end that what arrived, and what is stored, is what was pushed.
 */
import { mergeUpdates } from '@syncline/core'
import { check } from '../harness/bench.ts'
import { within } from '../harness/deadline.ts'
import { textOf } from '../workloads/keystrokes.ts'
import { Arrivals } from './arrivals.ts'
import type { Member } from './member.ts'
import type { RelaySubject } from './subjects.ts'

/** A room that has not settled by then has lost something. */
const SETTLE_TIMEOUT_MS = 60_000
/** Joins under way at once. */
const JOINS_MAX = 16

export class RoomLoad implements AsyncDisposable {
  readonly #subject: RelaySubject
  readonly #room: string
  readonly #updates: readonly Uint8Array[]
  readonly #writer: Member
  readonly #readers: readonly Member[]
  readonly #acks = new Arrivals(1)
  readonly #receipts: Arrivals
  #pushed = 0
  #acked = 0
  #lastArrivalAt = 0
  #whenSettled: (() => void) | undefined
  /** Called after every acknowledgement: the place to push more. */
  onAck: () => void = () => {}

  private constructor(
    subject: RelaySubject,
    room: string,
    updates: readonly Uint8Array[],
    members: readonly [Member, ...Member[]],
  ) {
    this.#subject = subject
    this.#room = room
    this.#updates = updates
    const [writer, ...readers] = members
    this.#writer = writer
    this.#readers = readers
    this.#receipts = new Arrivals(readers.length)
    writer.listener = { acked: (upTo) => this.#onAcked(upTo) }
    for (const [index, reader] of readers.entries()) {
      reader.listener = { received: (upTo) => this.#onReceived(index, upTo) }
    }
  }

  /** Joins a room that nobody has used. */
  static async open(
    subject: RelaySubject,
    room: string,
    readers: number,
    updates: readonly Uint8Array[],
  ): Promise<RoomLoad> {
    const members: [Member, ...Member[]] = [await subject.join(room, 'writer')]
    while (members.length <= readers) {
      const count = Math.min(JOINS_MAX, readers + 1 - members.length)
      members.push(...(await Promise.all(Array.from({ length: count }, () => subject.join(room, 'reader')))))
    }
    return new RoomLoad(subject, room, updates, members)
  }

  /** Whether an update is left to be pushed. */
  get hasNext(): boolean {
    return this.#pushed < this.#updates.length
  }

  get unacked(): number {
    return this.#pushed - this.#acked
  }

  get acked(): number {
    return this.#acked
  }

  /** Milliseconds from each push to its acknowledgement. */
  get ackDelays(): readonly number[] {
    return this.#acks.delays
  }

  /** Milliseconds from each push to the last reader. */
  get arrivalDelays(): readonly number[] {
    return this.#receipts.delays
  }

  /** When the last reader got the last push so far, or the writer its acknowledgement if there is no reader. */
  get lastArrivalAt(): number {
    return this.#lastArrivalAt
  }

  pushNext(): void {
    const now = performance.now()
    this.#acks.sent(now)
    if (this.#readers.length > 0) this.#receipts.sent(now)
    this.#writer.push(this.#updates[this.#pushed++]!)
  }

  /** Resolves when everything pushed is acknowledged and with every reader, and nothing more is pushed by `onAck`. */
  async settled(): Promise<void> {
    const settled = new Promise<void>((resolve) => {
      this.#whenSettled = resolve
    })
    this.#settleIfDone()
    const failures = [this.#writer, ...this.#readers].map(({ failed }) => failed)
    await within(
      Promise.race([settled, ...failures]),
      SETTLE_TIMEOUT_MS,
      `${this.#subject.subject}: settling of a room`,
    )
  }

  /** Checks that every reader, and somebody who joins only now, has exactly what was pushed. */
  async verify(): Promise<void> {
    const pushed = this.#updates.slice(0, this.#pushed)
    const expected = mergeUpdates(pushed)
    const { subject, stores } = this.#subject
    for (const { updates } of this.#readers) {
      check(sameBytes(mergeUpdates(updates), expected), `${subject}: a reader has something else than was pushed`)
    }
    if (this.#readers.length > 0) {
      check(textOf(this.#readers[0]!.updates) === textOf(pushed), `${subject}: a reader's document has another text`)
    }
    if (stores && this.#pushed > 0) await this.#verifyStored(expected)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#writer, ...this.#readers].map((member) => member.close()))
  }

  async #verifyStored(expected: Uint8Array): Promise<void> {
    const late = await this.#subject.join(this.#room, 'reader')
    try {
      // The join may have brought everything already.
      if (late.updates.length === 0) {
        const received = new Promise<void>((resolve) => {
          late.listener = { received: () => resolve() }
        })
        await within(Promise.race([received, late.failed]), SETTLE_TIMEOUT_MS, `${this.#subject.subject}: a late join`)
      }
      const { subject } = this.#subject
      check(sameBytes(mergeUpdates(late.updates), expected), `${subject}: what is stored is not what was acknowledged`)
    } finally {
      await late.close()
    }
  }

  #onAcked(upTo: number): void {
    const now = performance.now()
    this.#acked = Math.max(this.#acked, upTo)
    this.#acks.arrived(0, upTo, now)
    if (this.#readers.length === 0) this.#lastArrivalAt = now
    this.onAck()
    this.#settleIfDone()
  }

  #onReceived(reader: number, upTo: number): void {
    const now = performance.now()
    this.#receipts.arrived(reader, upTo, now)
    this.#lastArrivalAt = now
    this.#settleIfDone()
  }

  #settleIfDone(): void {
    const everywhere = this.#readers.length === 0 || this.#receipts.complete === this.#pushed
    if (everywhere && this.#acks.complete === this.#pushed) this.#whenSettled?.()
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
