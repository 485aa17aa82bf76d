/**
 * One case: replicas that edit at random, and a network that is against them: late, out of order, more than once, several
 * updates merged into one, an update and an overlapping part of it, or never. What was lost comes by asking: after the last edit everybody asks somebody else, round after
 * round, for what it lacks, until all are identical. Everything random is drawn from the case's seed.
 */
import * as Y from 'yjs'
import { check } from '../harness/bench.ts'
import { Random } from '../workloads/random.ts'
import { core, type Merger } from './merger.ts'
import type { Mix } from './mix.ts'
import type { Participant } from './participant.ts'
import { contentOfUpdate, settledState } from './settled.ts'

export interface CaseShape {
  /** That edit; one more listens. */
  readonly replicas: number
  readonly edits: number
}

/** What one case cost. Editing is not part of it. */
export interface CaseCost {
  /** Milliseconds spent on deliveries: joining and cutting updates, answering, applying. */
  readonly converge: number
  /** Rounds after the last edit, in each of which everybody asks one other, until all are identical. */
  readonly rounds: number
  /** Bytes handed to participants: updates, answers and the state vectors of who asked. */
  readonly delivered: number
  /** Bytes of all updates, merged into one. */
  readonly log: number
}

/** The most updates that are merged into one delivery. */
const MERGED_MAX = 24
/** State vectors of earlier moments that are remembered, to cut updates by. */
const EARLIER_MAX = 32
/** The share of replicas that are offline until the others have finished. */
const OFFLINE_SHARE = 0.2
/** The share of deliveries that are lost. */
const LOST_SHARE = 0.1
/** The share of what is still on its way after the last edit that never arrives. */
const LOST_AT_THE_END_SHARE = 0.5
/** Who does not converge in so many rounds never will: what one has, all have after some log₂ of their number. */
const ROUNDS_MAX = 200

/** Runs a case until all are identical, and checks that they are. Throws `CheckFailed` with `replay` when they are not. */
export function runCase(seed: number, shape: CaseShape, mix: Mix, replay: string): CaseCost {
  const swarm = new Swarm(seed, shape, mix, replay)
  try {
    swarm.edit(shape.edits)
    swarm.heal()
    swarm.verify()
    return swarm.cost()
  } finally {
    swarm.destroy()
  }
}

class Swarm {
  readonly #random: Random
  readonly #merger: Merger
  readonly #replay: string
  /** Those that edit, and the listener. */
  readonly #participants: readonly Participant[]
  readonly #editors: readonly Participant[]
  readonly #name: string
  /** Every update that was emitted, in order. */
  readonly #log: Uint8Array[] = []
  /** Per participant, the log indices that are on their way to it, in no order. */
  readonly #inboxes: readonly number[][]
  /** Encoded state vectors of earlier moments. They end where an edit ended, so never inside a surrogate pair. */
  readonly #earlier: Uint8Array[] = []
  #convergeMs = 0
  #delivered = 0
  #rounds = 0

  constructor(seed: number, { replicas }: CaseShape, { subject, editors, listener, merger }: Mix, replay: string) {
    this.#random = new Random(seed, 'convergence')
    this.#merger = merger()
    this.#replay = replay
    this.#name = subject
    const clientIds = Array.from({ length: replicas + 1 }, (_, index) => this.#clientId(index))
    this.#editors = clientIds.slice(0, -1).map((clientId, index) => editors[index % editors.length]!(clientId))
    this.#participants = [...this.#editors, listener(clientIds.at(-1)!)]
    this.#inboxes = this.#participants.map(() => [])
    this.#participants.forEach((participant, sender) => {
      participant.onUpdate((update) => {
        const index = this.#log.push(update) - 1
        for (const [other, inbox] of this.#inboxes.entries()) if (other !== sender) inbox.push(index)
      })
    })
  }

  edit(edits: number): void {
    const random = this.#random
    const online = this.#participants.map((_, index) => index).filter(() => !random.chance(OFFLINE_SHARE))
    for (let edit = 0; edit < edits; edit++) {
      random.pick(this.#editors).edit(random)
      if (random.chance(0.2)) this.#remember(random.pick(this.#participants))
      // Fewer deliveries than updates: backlogs grow, and replicas work on what is old.
      for (let count = random.below(4); count > 0 && online.length > 0; count--) this.#deliverTo(random.pick(online))
    }
  }

  /** What is on its way arrives or is lost; then everybody asks, until all are identical. */
  heal(): void {
    for (const inbox of this.#inboxes) {
      const arriving = inbox.filter(() => !this.#random.chance(LOST_AT_THE_END_SHARE))
      inbox.length = 0
      inbox.push(...arriving)
    }
    while (!this.#isIdentical()) {
      this.#rounds++
      const message = `${this.#name}: not identical after ${ROUNDS_MAX} rounds: ${this.#differences().join('; ')}`
      check(this.#rounds <= ROUNDS_MAX, message, this.#replay)
      for (const asking of this.#random.shuffled([...this.#participants.keys()])) {
        if (this.#inboxes[asking]!.length > 0) this.#deliverAllTo(asking)
        const others = this.#participants.length - 1
        this.#ask(asking, (asking + 1 + this.#random.below(others)) % this.#participants.length)
      }
    }
  }

  /** All show the same, wait for nothing, and are what the log makes of an empty document; and merging the log gives the same bytes, whatever the order. */
  verify(): void {
    const merged = core.merge(this.#log)
    const expected = contentOfUpdate(merged)
    for (const [index, participant] of this.#participants.entries()) {
      const name = `${this.#name}: participant ${index}, ${participant.library},`
      check(!participant.isWaiting(), `${name} still waits for updates`, this.#replay)
      check(participant.content() === expected, `${name} shows something else than the merged log`, this.#replay)
    }
    const exact = this.#participants.find(({ isExact }) => isExact)!
    const isLog = isSameBytes(settledState(merged), settledState(exact.encode()))
    check(isLog, `${this.#name}: the merged log is not the document`, this.#replay)
    this.#verifyMerges(merged)
  }

  cost(): CaseCost {
    return {
      converge: this.#convergeMs,
      rounds: this.#rounds,
      delivered: this.#delivered,
      log: this.#merger.merge(this.#log).length,
    }
  }

  destroy(): void {
    for (const participant of this.#participants) participant.destroy()
  }

  /** Distinct, and of any size that all libraries allow. */
  #clientId(index: number): number {
    const random = this.#random
    return (random.chance(0.5) ? random.below(2 ** 26) : random.below(2 ** 20)) * 64 + index
  }

  #remember(participant: Participant): void {
    const stateVector = participant.stateVector()
    if (this.#earlier.length < EARLIER_MAX) this.#earlier.push(stateVector)
    else this.#earlier[this.#random.below(EARLIER_MAX)] = stateVector
  }

  /** One delivery of a random kind, or a loss. */
  #deliverTo(index: number): void {
    const random = this.#random
    const inbox = this.#inboxes[index]!
    const participant = this.#participants[index]!
    if (inbox.length === 0) return
    if (random.chance(LOST_SHARE)) {
      this.#take(inbox)
      return
    }
    const kind = random.fraction()
    if (kind < 0.4) {
      this.#apply(participant, this.#log[this.#take(inbox)]!)
    } else if (kind < 0.5) {
      // Once more, or for the first time although it is on its way.
      this.#apply(participant, random.pick(this.#log))
    } else if (kind < 0.75) {
      this.#apply(participant, this.#mergeSome(inbox))
    } else if (kind < 0.9 && this.#earlier.length > 0) {
      const merged = this.#mergeSome(inbox)
      const part = this.#timed(() => this.#merger.diff(merged, random.pick(this.#earlier)))
      for (const update of random.shuffled([merged, part])) this.#apply(participant, update)
    } else {
      const others = this.#participants.length - 1
      this.#ask(index, (index + 1 + random.below(others)) % this.#participants.length)
    }
  }

  /** A participant tells another what it has, and applies the answer. */
  #ask(asking: number, asked: number): void {
    const participant = this.#participants[asking]!
    const stateVector = this.#timed(() => participant.stateVector())
    this.#delivered += stateVector.length
    this.#apply(
      participant,
      this.#timed(() => this.#participants[asked]!.diff(stateVector)),
    )
  }

  #deliverAllTo(index: number): void {
    const updates = this.#random.shuffled(this.#inboxes[index]!.splice(0)).map((place) => this.#log[place]!)
    this.#apply(
      this.#participants[index]!,
      this.#timed(() => this.#merger.merge(updates)),
    )
  }

  #mergeSome(inbox: number[]): Uint8Array {
    const count = 1 + this.#random.below(Math.min(MERGED_MAX, inbox.length))
    const updates = Array.from({ length: count }, () => this.#log[this.#take(inbox)]!)
    return this.#timed(() => this.#merger.merge(updates))
  }

  /** Takes a random index out of an inbox that is not empty. */
  #take(inbox: number[]): number {
    const place = this.#random.below(inbox.length)
    const taken = inbox[place]!
    inbox[place] = inbox.at(-1)!
    inbox.pop()
    return taken
  }

  #apply(participant: Participant, update: Uint8Array): void {
    this.#delivered += update.length
    this.#timed(() => participant.apply(update))
  }

  #timed<Result>(work: () => Result): Result {
    const begin = performance.now()
    const result = work()
    this.#convergeMs += performance.now() - begin
    return result
  }

  #isIdentical(): boolean {
    return this.#inboxes.every((inbox) => inbox.length === 0) && this.#differences().length === 0
  }

  /** Who differs from the first in what; not timed. */
  #differences(): string[] {
    const clocks = this.#participants.map((participant) => clocksOf(participant.stateVector()))
    const behind = clocks.flatMap((own, index) => (own === clocks[0] ? [] : [this.#difference(index, 'clocks')]))
    // Comparing bytes costs much more.
    if (behind.length > 0) return behind
    const exact = this.#participants.find(({ isExact }) => isExact)!
    const [state, content] = [settledState(exact.encode()), exact.content()]
    return this.#participants.flatMap((participant, index) => {
      if (participant.isExact && !isSameBytes(settledState(participant.encode()), state)) {
        return [this.#difference(index, 'bytes')]
      }
      return participant.content() === content ? [] : [this.#difference(index, 'content')]
    })
  }

  #difference(index: number, what: string): string {
    return `participant ${index}, ${this.#participants[index]!.library}, has other ${what}`
  }

  /** The log merged by us in any order, with repetitions, in groups of any size, is the same bytes. */
  #verifyMerges(merged: Uint8Array): void {
    const random = this.#random
    const repeated = random.shuffled([...this.#log, ...this.#log.filter(() => random.chance(0.3))])
    check(isSameBytes(core.merge(repeated), merged), 'the log merged in another order is other bytes', this.#replay)
    const groups: Uint8Array[] = []
    for (let start = 0; start < repeated.length;) {
      const size = 1 + random.below(MERGED_MAX)
      groups.push(core.merge(repeated.slice(start, start + size)))
      start += size
    }
    check(isSameBytes(core.merge(groups), merged), 'the log merged in groups is other bytes', this.#replay)
    check(isSameBytes(core.merge([merged]), merged), 'merging the merged log once more changes it', this.#replay)
  }
}

/** A state vector as text; clients in order. */
function clocksOf(stateVector: Uint8Array): string {
  return JSON.stringify([...Y.decodeStateVector(stateVector)].sort(([a], [b]) => a - b))
}

function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
