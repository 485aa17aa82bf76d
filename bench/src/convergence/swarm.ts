/**
 * One case: replicas that edit at random and a network that delivers at random: late, out of order, more than once, several
 * updates merged into one, an update and an overlapping part of it. Nothing is lost for good; at the end everybody has everything.
 * Everything random is drawn from the case's seed, and the merger has no say in it: two mergers see the same case.
 */
import * as Y from 'yjs'
import { check } from '../harness/bench.ts'
import { Random } from '../workloads/random.ts'
import { editRandomly, visibleContent } from '../workloads/random-edits.ts'
import type { Merger } from './merger.ts'

export interface CaseShape {
  readonly replicas: number
  readonly edits: number
}

/** What one case cost. Editing is not part of it. */
export interface CaseCost {
  /** Milliseconds spent on deliveries: in the merger, and in the replicas that apply what it made. */
  readonly converge: number
  /** The merger's part of that. */
  readonly merging: number
  /** Bytes handed to replicas. */
  readonly delivered: number
  /** Bytes of the whole log, merged into one update. */
  readonly log: number
}

/** The most updates that are merged into one delivery. */
const MERGED_MAX = 24
/** State vectors of earlier moments that are remembered, to cut updates by. */
const EARLIER_MAX = 32
/** The share of replicas that are offline until the others have finished. */
const OFFLINE_SHARE = 0.2

/** Runs a case and checks that it converged, byte for byte. Throws `CheckFailed` with `replay` when it did not. */
export function runCase(seed: number, shape: CaseShape, merger: Merger, replay: string): CaseCost {
  const swarm = new Swarm(seed, shape, merger)
  try {
    swarm.run(shape.edits)
    swarm.verify(replay)
    return swarm.cost()
  } finally {
    swarm.destroy()
  }
}

class Swarm {
  readonly #random: Random
  readonly #merger: Merger
  readonly #docs: readonly Y.Doc[]
  /** Every update that was emitted, in order: what a relay would have stored. */
  readonly #log: Uint8Array[] = []
  /** Per replica, the log indices that it has not been given yet, in no order. */
  readonly #inboxes: readonly number[][]
  /** Encoded state vectors of earlier moments. They end where an edit ended, so never inside a surrogate pair. */
  readonly #earlier: Uint8Array[] = []
  #convergeMs = 0
  #mergingMs = 0
  #delivered = 0

  constructor(seed: number, { replicas }: CaseShape, merger: Merger) {
    this.#random = new Random(seed, 'convergence')
    this.#merger = merger
    this.#inboxes = Array.from({ length: replicas }, () => [])
    this.#docs = this.#inboxes.map((_, replica) => this.#openReplica(replica))
  }

  run(edits: number): void {
    const random = this.#random
    const online = this.#inboxes.map((_, replica) => replica).filter(() => !random.chance(OFFLINE_SHARE))
    for (let edit = 0; edit < edits; edit++) {
      editRandomly(random.pick(this.#docs), random)
      if (random.chance(0.2)) this.#remember(random.pick(this.#docs))
      // Fewer deliveries than updates: backlogs grow, and replicas work on what is old.
      for (let count = random.below(4); count > 0 && online.length > 0; count--) this.#deliverTo(random.pick(online))
    }
    // A delivery may make a replica emit (Yjs tidies up formatting), but only deletions: that comes to an end.
    for (;;) {
      const waiting = this.#inboxes.map((_, replica) => replica).filter((replica) => this.#inboxes[replica]!.length > 0)
      if (waiting.length === 0) return
      this.#deliverTo(random.pick(waiting))
    }
  }

  /** All replicas show the same, are the same bytes, wait for nothing, and are what the log makes of an empty document. */
  verify(replay: string): void {
    const states = this.#docs.map(settledState)
    const contents = this.#docs.map(visibleContent)
    for (const [replica, doc] of this.#docs.entries()) {
      const name = `${this.#merger.subject}: replica ${replica} of ${this.#docs.length}`
      check(
        doc.store.pendingStructs === null && doc.store.pendingDs === null,
        `${name} still waits for updates`,
        replay,
      )
      check(contents[replica] === contents[0], `${name} shows another document than replica 0`, replay)
      check(sameBytes(states[replica]!, states[0]!), `${name} is not the bytes of replica 0`, replay)
    }
    const fresh = new Y.Doc()
    Y.applyUpdate(fresh, this.#merged())
    check(
      sameBytes(settledState(fresh), states[0]!),
      `${this.#merger.subject}: the merged log is not the document`,
      replay,
    )
    fresh.destroy()
    if (this.#merger.canonical) this.#verifyCanonical(replay)
  }

  cost(): CaseCost {
    return {
      converge: this.#convergeMs,
      merging: this.#mergingMs,
      delivered: this.#delivered,
      log: this.#merged().length,
    }
  }

  destroy(): void {
    for (const doc of this.#docs) doc.destroy()
  }

  #openReplica(replica: number): Y.Doc {
    const doc = new Y.Doc()
    // Distinct, and of any size that Yjs allows.
    doc.clientID = this.#random.chance(0.5)
      ? this.#random.uint32() * 64 + replica
      : this.#random.below(2 ** 20) * 64 + replica
    doc.on('update', (update: Uint8Array, _source: unknown, _doc: Y.Doc, { local }: Y.Transaction) => {
      // What was applied from elsewhere is in the log already.
      if (!local) return
      const index = this.#log.push(update) - 1
      for (const [other, inbox] of this.#inboxes.entries()) if (other !== replica) inbox.push(index)
    })
    return doc
  }

  #remember(doc: Y.Doc): void {
    const stateVector = Y.encodeStateVector(doc)
    if (this.#earlier.length < EARLIER_MAX) this.#earlier.push(stateVector)
    else this.#earlier[this.#random.below(EARLIER_MAX)] = stateVector
  }

  /** One delivery of a random kind. */
  #deliverTo(replica: number): void {
    const random = this.#random
    const inbox = this.#inboxes[replica]!
    const doc = this.#docs[replica]!
    if (inbox.length === 0) return
    const kind = random.fraction()
    const begin = performance.now()
    if (kind < 0.4) {
      this.#apply(doc, this.#log[this.#take(inbox)]!)
    } else if (kind < 0.5) {
      this.#apply(doc, random.pick(this.#log))
    } else if (kind < 0.75) {
      this.#apply(doc, this.#mergeSome(inbox))
    } else if (kind < 0.9 && this.#earlier.length > 0) {
      const merged = this.#mergeSome(inbox)
      const part = this.#timed(() => this.#merger.diff(merged, random.pick(this.#earlier)))
      for (const update of random.shuffled([merged, part])) this.#apply(doc, update)
    } else {
      const stateVector = Y.encodeStateVector(doc)
      const everything = this.#timed(() => this.#merger.merge(this.#log))
      // Taken out before: what applying makes the others emit is not in this diff.
      inbox.length = 0
      this.#apply(
        doc,
        this.#timed(() => this.#merger.diff(everything, stateVector)),
      )
    }
    this.#convergeMs += performance.now() - begin
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

  #apply(doc: Y.Doc, update: Uint8Array): void {
    this.#delivered += update.length
    Y.applyUpdate(doc, update)
  }

  #timed<Result>(work: () => Result): Result {
    const begin = performance.now()
    const result = work()
    this.#mergingMs += performance.now() - begin
    return result
  }

  #merged(): Uint8Array {
    return this.#merger.merge(this.#log)
  }

  /** The log merged in any order, with repetitions, in groups of any size, is the same bytes. */
  #verifyCanonical(replay: string): void {
    const random = this.#random
    const { merge } = this.#merger
    const merged = this.#merged()
    const repeated = random.shuffled([...this.#log, ...this.#log.filter(() => random.chance(0.3))])
    check(sameBytes(merge(repeated), merged), 'the log merged in another order is other bytes', replay)
    const groups: Uint8Array[] = []
    for (let start = 0; start < repeated.length;) {
      const size = 1 + random.below(MERGED_MAX)
      groups.push(merge(repeated.slice(start, start + size)))
      start += size
    }
    check(sameBytes(merge(groups), merged), 'the log merged in groups is other bytes', replay)
    check(sameBytes(merge([merged]), merged), 'merging the merged log once more changes it', replay)
  }
}

/**
 * The bytes that Yjs writes for a document once it has loaded it anew. Not what it writes for the document as it is: that may
 * leave neighbouring runs of garbage-collected structs apart, depending on the order in which they became garbage.
 */
function settledState(doc: Y.Doc): Uint8Array {
  const settled = new Y.Doc()
  Y.applyUpdate(settled, Y.encodeStateAsUpdate(doc))
  const state = Y.encodeStateAsUpdate(settled)
  settled.destroy()
  return state
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
