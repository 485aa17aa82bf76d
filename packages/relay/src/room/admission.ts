/**
 * What becomes of a push between its arrival and the log: pure, and a part of the room machine. A room keeps no content, so memory
 * can only tell that a push is new, as every keystroke is, or that it brings nothing but deletions that are known. For the rest,
 * the log is read, once for all pushes that wait, and the push is *inspected* (merger/inspect.ts).
 *
 * ```
 * arrives ──▶ new ──────────────────────────────────▶ append
 *   │  ▲  ├─▶ nothing new, as memory can tell ───────▶ known
 *   │  │  └─▶ may be there ──▶ waits ──▶ inspected ──▶ append, known, or rejected as conflicting
 *   │  │                         ▲          │
 *   └──┴─ large: scanned first   └──────────┘ depends on another push that is being stored
 * ```
 *
 * Invariants:
 * - *Nothing slips through.* The units of a push that waits, is inspected or is being appended are *claimed*; what speaks of claimed
 *   units is inspected, when the appends that were decided before it came to wait are settled.
 * - *In order.* A member's pushes are decided in their order: one that waits holds up those behind it, and nobody else's.
 * - *Bounded.* One inspection at a time, of `inspectionBytesMax` of pushes; undecided pushes of all members together are at most
 *   `undecidedBytesMax` with what is known of them, and more are rejected for now.
 */
import { DecodeError, assert, updateRanges, withDeletesInOrder } from '@syncline/core'
import type { Access, WireCode } from '@syncline/protocol'
import type { ClientOwners } from '../auth/client-owners.ts'
import type { CountedLimit } from '../limit-outcomes.ts'
import type { RelayLimits } from '../limits.ts'
import { describeConflict, type Inspection } from '../merger/inspect.ts'
import { RANGE_NUMBERS, countRanges, type Ranges, type UpdateRanges } from '../merger/update-ranges.ts'
import { ClaimedIds } from './claimed-ids.ts'
import type { RoomContent } from './room-content.ts'
import { PUSH_OVERHEAD_BYTES, type MemberId } from './room-member.ts'

/** Why something failed, for the client. */
export interface Refusal {
  readonly code: WireCode
  readonly retryable: boolean
  readonly message: string
}

/** A push on its way to a decision. */
export interface Candidate {
  readonly author: MemberId
  readonly access: Access
  /** Who pushes, and whether it may be the work of others: see auth/client-owners.ts. */
  readonly subject: string | undefined
  readonly refill: boolean
  /** As it came; from the decision to append it on, as it is stored and passed on. */
  update: Uint8Array
}

export type Decision<P extends Candidate> =
  /** Store it, and say how that went: {@link Admission.settle}. */
  | {
      readonly kind: 'append'
      readonly push: P
      /** The client IDs that belong to its subject from now on. */
      readonly claims: readonly number[]
    }
  /** The log has all of it, or there is nothing in it. */
  | { readonly kind: 'known'; readonly push: P; readonly isEmpty: boolean }
  | {
      readonly kind: 'rejected'
      readonly push: P
      readonly refusal: Refusal
      /** Which limit it went beyond; absent if that is not why. */
      readonly limit?: CountedLimit
    }
  /** Find out which units it speaks of, and answer with the number. */
  | { readonly kind: 'scan'; readonly scan: number; readonly update: Uint8Array }
  /** Read the log and inspect these, and answer with the number. */
  | { readonly kind: 'inspect'; readonly inspection: number; readonly pushes: readonly Uint8Array[] }

export type AdmissionLimits = Pick<
  RelayLimits,
  'updateBytesMax' | 'scannedInlineBytesMax' | 'uninspectedDeletesMax' | 'inspectionBytesMax' | 'undecidedBytesMax'
>

interface Entry<P> {
  readonly push: P
  /** What it holds: the update as it came, and its ranges once they are known. */
  bytes: number
  ranges: UpdateRanges | undefined
}

/** What a range of units takes. */
const RANGE_BYTES = RANGE_NUMBERS * 8

/** The pushes of a member that are not decided, oldest first; never empty between two calls. */
interface Lane<P> {
  readonly author: MemberId
  readonly entries: Entry<P>[]
}

interface Append {
  readonly number: number
  readonly claims: readonly number[]
  readonly ranges: UpdateRanges
}

type Step = 'decided' | 'scan' | 'inspect'

const readOnly: Refusal = { code: 'read-only', retryable: false, message: 'this member may only read' }
const tooMuch: Refusal = {
  code: 'log-unavailable',
  retryable: true,
  message: 'too many updates of this room wait to be compared with its log',
}

export class Admission<P extends Candidate> {
  readonly #content: RoomContent
  readonly #limits: AdmissionLimits
  readonly #owners: ClientOwners
  readonly #announcer: (clientId: number) => string | undefined
  readonly #claims = new ClaimedIds()
  /** Of members with a push that is being scanned, waits or is inspected. */
  readonly #lanes = new Map<MemberId, Lane<P>>()
  readonly #scans = new Map<number, Lane<P>>()
  /**
   * Those whose oldest push waits for an inspection, and has claimed its units; each with the last append that the inspection has to
   * see the outcome of. Later appends do not touch its units, so it does not wait for them.
   */
  readonly #waiting = new Map<Lane<P>, number>()
  /** Appends that were decided and are not settled, oldest first. */
  readonly #appends = new Map<P, Append>()
  #inspection: { readonly number: number; readonly batch: readonly (readonly [Lane<P>, Entry<P>])[] } | undefined
  #undecidedBytes = 0
  #lastAppend = 0
  #lastNumber = 0
  #decisions: Decision<P>[] = []

  /**
   * `content` and `owners` are what the log has flushed; they are added to by {@link Admission.settle}. `announcer` tells which
   * subject announces a client ID by awareness.
   */
  constructor(
    content: RoomContent,
    owners: ClientOwners,
    announcer: (clientId: number) => string | undefined,
    limits: AdmissionLimits,
  ) {
    this.#content = content
    this.#owners = owners
    this.#announcer = announcer
    this.#limits = limits
  }

  /** Whether anything is not decided or not settled. */
  get isBusy(): boolean {
    return this.#lanes.size > 0 || this.#appends.size > 0
  }

  /** A push came. Its bytes are borrowed until it is decided. */
  arrive(push: P): readonly Decision<P>[] {
    this.#decisions = []
    const entry: Entry<P> = { push, bytes: push.update.length + PUSH_OVERHEAD_BYTES, ranges: undefined }
    const lane = this.#lanes.get(push.author)
    const step = lane === undefined ? this.#decide(entry, false) : 'inspect'
    if (step === 'decided') return this.#decisions
    if (this.#undecidedBytes > 0 && this.#undecidedBytes + entry.bytes > this.#limits.undecidedBytesMax) {
      return [{ kind: 'rejected', push, refusal: tooMuch, limit: 'undecidedBytesMax' }]
    }
    this.#undecidedBytes += entry.bytes
    if (lane !== undefined) {
      lane.entries.push(entry)
      return this.#decisions
    }
    const opened: Lane<P> = { author: push.author, entries: [entry] }
    this.#lanes.set(push.author, opened)
    this.#hold(opened, entry, step)
    return this.#decisions
  }

  /** What a scan found: units, or why there are none. */
  scanned(scan: number, found: UpdateRanges | Refusal): readonly Decision<P>[] {
    this.#decisions = []
    const lane = this.#scans.get(scan)
    assert(lane !== undefined, `scan ${scan} is under way`)
    this.#scans.delete(scan)
    const [entry] = lane.entries
    if ('code' in found) this.#reject(this.#shift(lane).push, found)
    else this.#undecidedBytes += setRanges(entry!, found)
    this.#advance(lane)
    return this.#decisions
  }

  /** What an inspection found, in the order of its pushes; or why it found nothing, which all of them are told. */
  inspected(inspection: number, found: readonly Inspection[] | Refusal): readonly Decision<P>[] {
    this.#decisions = []
    assert(this.#inspection?.number === inspection, `inspection ${inspection} is under way`)
    const { batch } = this.#inspection
    this.#inspection = undefined
    const held = new Set<Lane<P>>()
    for (const [index, [lane, entry]] of batch.entries()) {
      const result: Inspection | Refusal = 'code' in found ? found : found[index]!
      // What stands behind an undecided push of the same member waits with it.
      if (held.has(lane) || ('kind' in result && result.kind === 'undecided')) {
        this.#claims.release(entry.ranges!.structs)
        held.add(lane)
        continue
      }
      assert(this.#shift(lane) === entry, 'pushes are decided in their order')
      this.#conclude(entry, result)
    }
    // Whoever waits may speak of what was just decided to be stored.
    for (const lane of this.#waiting.keys()) this.#waiting.set(lane, this.#lastAppend)
    for (const lane of new Set(batch.map(([each]) => each))) this.#advance(lane)
    this.#inspectIfPossible()
    return this.#decisions
  }

  /**
   * A push that was to be appended is stored, or is not. Returns what follows, and whether what was stored left a gap that was not
   * there.
   */
  settle(push: P, stored: boolean): { readonly leftGap: boolean; readonly decisions: readonly Decision<P>[] } {
    this.#decisions = []
    const append = this.#appends.get(push)
    assert(append !== undefined, 'a push is settled once')
    this.#appends.delete(push)
    const leftGap = stored && this.#content.add(append.ranges)
    this.#owners.settle(append.claims, stored)
    this.#claims.release(append.ranges.structs)
    this.#inspectIfPossible()
    return { leftGap, decisions: this.#decisions }
  }

  /** Decides what memory can decide. Else says what it takes. `isHeld`: it is in a lane, and counted. */
  #decide(entry: Entry<P>, isHeld: boolean): Step {
    const { push } = entry
    const { updateBytesMax, scannedInlineBytesMax, uninspectedDeletesMax } = this.#limits
    if (push.update.length > updateBytesMax) {
      return this.#reject(push, tooLarge(push.update, updateBytesMax), 'updateBytesMax')
    }
    if (entry.ranges === undefined) {
      if (push.update.length > scannedInlineBytesMax) return 'scan'
      const ranges = idsOf(push.update)
      if ('code' in ranges) return this.#reject(push, ranges)
      const bytes = setRanges(entry, ranges)
      if (isHeld) this.#undecidedBytes += bytes
    }
    const { structs, deletes } = entry.ranges!
    if (structs.length > 0) {
      if (!this.#content.hasNone(structs) || this.#claims.overlaps(structs)) return 'inspect'
      this.#claims.claim(structs)
      return this.#append(push, entry.ranges!, clientsOf(structs))
    }
    const isKnown = deletes.length === 0 || this.#content.hasDeletes(deletes)
    if (isKnown === true) return this.#know(push, deletes.length === 0)
    // To store a few deletions again is harmless, and takes less than to read the log.
    const isCheap = push.access === 'write' && countRanges(deletes) <= uninspectedDeletesMax
    return isKnown === undefined && !isCheap ? 'inspect' : this.#append(push, entry.ranges!, [])
  }

  /** The lane's oldest push cannot be decided at once. */
  #hold(lane: Lane<P>, { push, ranges }: Entry<P>, step: Step): void {
    if (step === 'scan') {
      const number = ++this.#lastNumber
      this.#scans.set(number, lane)
      this.#decisions.push({ kind: 'scan', scan: number, update: push.update })
      return
    }
    this.#claims.claim(ranges!.structs)
    this.#waiting.set(lane, this.#lastAppend)
    this.#inspectIfPossible()
  }

  /** Decides the lane's pushes as far as that goes. */
  #advance(lane: Lane<P>): void {
    for (let entry = lane.entries.at(0); entry !== undefined; entry = lane.entries.at(0)) {
      const step = this.#decide(entry, true)
      if (step !== 'decided') return this.#hold(lane, entry, step)
      this.#shift(lane)
    }
    this.#lanes.delete(lane.author)
  }

  #shift(lane: Lane<P>): Entry<P> {
    const entry = lane.entries.shift()!
    this.#undecidedBytes -= entry.bytes
    return entry
  }

  #inspectIfPossible(): void {
    if (this.#inspection !== undefined || this.#waiting.size === 0) return
    const [unsettled] = this.#appends.values()
    const batch: (readonly [Lane<P>, Entry<P>])[] = []
    let bytes = 0
    for (const [lane, lastAppend] of this.#waiting) {
      // Those behind it came later, and wait for no earlier append.
      if (unsettled !== undefined && unsettled.number <= lastAppend) break
      for (const entry of lane.entries) {
        bytes += entry.push.update.length
        if (batch.length > 0 && bytes > this.#limits.inspectionBytesMax) break
        if (entry !== lane.entries[0] && !this.#mayFollow(entry)) break
        batch.push([lane, entry])
        this.#waiting.delete(lane)
      }
      if (bytes > this.#limits.inspectionBytesMax) break
    }
    if (batch.length === 0) return
    const number = ++this.#lastNumber
    this.#inspection = { number, batch }
    this.#decisions.push({ kind: 'inspect', inspection: number, pushes: batch.map(([, { push }]) => push.update) })
  }

  /** Whether a push behind one that is to be inspected can be inspected with it: its units are then claimed, too. */
  #mayFollow(entry: Entry<P>): boolean {
    const { update } = entry.push
    if (entry.ranges === undefined) {
      if (update.length > Math.min(this.#limits.scannedInlineBytesMax, this.#limits.updateBytesMax)) return false
      const ranges = idsOf(update)
      if ('code' in ranges) return false
      this.#undecidedBytes += setRanges(entry, ranges)
    }
    const { structs } = entry.ranges!
    if (this.#claims.overlaps(structs)) return false
    this.#claims.claim(structs)
    return true
  }

  #conclude({ push, ranges }: Entry<P>, result: Inspection | Refusal): void {
    if ('kind' in result && result.kind === 'adds') {
      this.#append(push, ranges!, result.clients)
      return
    }
    this.#claims.release(ranges!.structs)
    if (!('kind' in result)) this.#reject(push, result)
    else if (result.kind === 'conflicts') this.#reject(push, conflicting(result))
    else this.#know(push, false)
  }

  /** The units of `ranges` are claimed; those of `clients` are new. */
  #append(push: P, ranges: UpdateRanges, clients: readonly number[]): Step {
    const { access, subject, refill } = push
    const judged =
      access === 'read'
        ? undefined
        : this.#owners.judge({ subject, clientIds: clients, refill, announcer: this.#announcer })
    if (judged?.kind !== 'allowed') {
      this.#claims.release(ranges.structs)
      return this.#reject(push, judged === undefined ? readOnly : foreign(judged.clientId, !judged.durable))
    }
    const { claims } = judged
    if (!ranges.areDeletesInOrder) push.update = withDeletesInOrder(push.update)
    this.#appends.set(push, { number: ++this.#lastAppend, claims, ranges })
    this.#decisions.push({ kind: 'append', push, claims })
    return 'decided'
  }

  #know(push: P, isEmpty: boolean): Step {
    this.#decisions.push({ kind: 'known', push, isEmpty })
    return 'decided'
  }

  #reject(push: P, refusal: Refusal, limit?: CountedLimit): Step {
    const decision = { kind: 'rejected', push, refusal } as const
    this.#decisions.push(limit === undefined ? decision : { ...decision, limit })
    return 'decided'
  }
}

/** Returns how much more the entry holds by that. */
function setRanges(entry: Entry<unknown>, ranges: UpdateRanges): number {
  entry.ranges = ranges
  const bytes = (countRanges(ranges.structs) + countRanges(ranges.deletes)) * RANGE_BYTES
  entry.bytes += bytes
  return bytes
}

function idsOf(update: Uint8Array): UpdateRanges | Refusal {
  try {
    return updateRanges(update)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return malformed(error.message)
  }
}

export function malformed(message: string): Refusal {
  return { code: 'malformed-update', retryable: false, message }
}

function tooLarge({ length }: Uint8Array, updateBytesMax: number): Refusal {
  return { code: 'update-too-large', retryable: false, message: `${length} bytes, ${updateBytesMax} allowed` }
}

function foreign(clientId: number, retryable: boolean): Refusal {
  return { code: 'foreign-client-id', retryable, message: `client ID ${clientId} belongs to somebody else` }
}

function clientsOf(ranges: Ranges): readonly number[] {
  if (ranges.length === RANGE_NUMBERS) return [ranges[0]!]
  const clients = new Set<number>()
  for (let at = 0; at < ranges.length; at += RANGE_NUMBERS) clients.add(ranges[at]!)
  return [...clients]
}

function conflicting(conflict: Inspection & { readonly kind: 'conflicts' }): Refusal {
  return { code: 'conflicting-update', retryable: false, message: describeConflict(conflict) }
}
