/**
 * One room, as decisions: who is a member, what the log has, and who still lacks what. Pure: no I/O, no clock, no
 * randomness. `handle(event)` changes the machine's own state and returns the effects that its driver (room.ts) has to
 * perform, in order.
 *
 * ```
 * opening ──opened──▶ open ──tick, long empty──▶ closed        evictAll, relayCloses: ──▶ closed
 * ```
 *
 * Invariants:
 * - *Accepted means flushed.* `head`, the content and every ack and broadcast follow `appended`, never a push.
 * - *Nothing is skipped.* A member has everything up to its mark, and a live member's mark is at the head: delivery.ts.
 * - *Verdicts in order.* A member hears about its pushes, ack or reject, in the order it pushed them.
 * - *One content for each unit.* What may contradict the log is compared with it before it is stored: admission.ts.
 * - *No queues of updates.* A member that is behind costs a mark, not a buffer. What is bounded elsewhere: members by
 *   `connectionsMax`, appends under way by `unsettledBytesMax` of each connection, awareness by `awarenessBytesMax` of
 *   each member.
 */
import { assert, emptyUpdate } from '@syncline/core'
import type { Access, AwarenessEntry, MessageOf, Position, RelayMessage } from '@syncline/protocol'
import { ClientOwners, type ClientOwnersLimits } from '../auth/client-owners.ts'
import type { RelayLimits } from '../limits.ts'
import { headAfterAppend, headAfterCheckpoint } from '../log/room-head.ts'
import { emptyHead, isInHistory, type ClientOwner, type RoomHead } from '../log/update-log.ts'
import type { LogSummary } from '../merger/merge-job.ts'
import { Admission, type AdmissionLimits, type Candidate, type Decision, type Refusal } from './admission.ts'
import { AwarenessStates, encodePayloads } from './awareness-states.ts'
import { Delivery } from './delivery.ts'
import { flushRuns, type AcceptedPush, type FlushRun } from './flush-run.ts'
import { SparseMap } from '../sparse-map.ts'
import { RoomContent } from './room-content.ts'
import type { Appended, JoinRequest, Reader, RoomEffect, RoomEvent } from './room-event.ts'
import { PUSH_OVERHEAD_BYTES, type MemberId } from './room-member.ts'

export type RoomMachineLimits = Pick<
  RelayLimits,
  | 'deletedRangesMax'
  | 'islandsMax'
  | 'awarenessTtlMs'
  | 'awarenessBytesMax'
  | 'roomLingerMs'
  | 'compactionTailBytes'
  | 'compactionTailEntries'
  | 'compactionRetryMs'
> &
  AdmissionLimits &
  ClientOwnersLimits

type Phase =
  | { readonly kind: 'opening'; readonly joins: Map<MemberId, JoinRequest> }
  | { readonly kind: 'open' }
  | { readonly kind: 'closed' }

type Compaction =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running' }
  | { readonly kind: 'resting'; readonly until: number }

/** What became of a push. `known`: the log has all of it at or before `seq`, and it was not written. */
type Verdict =
  | { readonly kind: 'pending' }
  | { readonly kind: 'accepted'; readonly position: Position }
  | { readonly kind: 'known'; readonly seq: number }
  | { readonly kind: 'rejected'; readonly refusal: Refusal }

type Ack = Pick<MessageOf<'ack'>, 'ref' | 'position'>

interface Push extends Candidate {
  readonly ref: number
  /** What it costs while it is held, as it came. */
  readonly heldBytes: number
  verdict: Verdict
  /** Its member is gone, so that it is held for its verdict alone, and not until that is told. */
  isAbandoned: boolean
}

interface Member {
  readonly id: MemberId
  readonly access: Access
  readonly pushesOnly: boolean
  readonly subject: string | undefined
  /** It was asked for what the log lacks: what it pushes may be the work of others. */
  refills: boolean
  readonly delivery: Delivery
  /** Pushes that it has not heard about, oldest first. */
  readonly pushes: Push[]
}

const pending: Verdict = { kind: 'pending' }

export class RoomMachine {
  readonly #handle: number
  readonly #limits: RoomMachineLimits
  readonly #members = new Map<MemberId, Member>()
  readonly #appends = new SparseMap<number, Push>()
  readonly #content: RoomContent
  readonly #owners: ClientOwners
  /** Absent while nobody writes, as in most rooms that are open: it keeps nothing beyond what is undecided or under way. */
  #admission: Admission<Push> | undefined
  readonly #awareness: AwarenessStates
  /** Members that were not told of something while their sockets were full. */
  #awarenessOwed: Set<MemberId> | undefined
  #phase: Phase = { kind: 'opening', joins: new Map() }
  #head: RoomHead = emptyHead
  #compaction: Compaction = { kind: 'idle' }
  /** When a tick first found the room empty; `undefined` while it is in use. */
  #emptySince: number | undefined
  #heldBytes = 0
  #nextAppend = 1
  #nextRead = 1
  #effects: RoomEffect[] = []

  /** `handle` names the room to all of its members, on the wire. */
  constructor(handle: number, limits: RoomMachineLimits) {
    this.#handle = handle
    this.#limits = limits
    this.#awareness = new AwarenessStates(limits)
    this.#content = new RoomContent(limits)
    this.#owners = new ClientOwners(limits)
  }

  get head(): RoomHead {
    return this.#head
  }

  /** Pushes that are not decided, not settled, or whose verdict was not told, with {@link PUSH_OVERHEAD_BYTES} for each. */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Members that are not live. Costs a look at each. */
  get membersBehind(): number {
    let behind = 0
    for (const { delivery } of this.#members.values()) if (!delivery.isLive) behind++
    return behind
  }

  /** Whether the result of this read is still wanted: a driver may skip reads that are not. */
  wants(reader: Reader): boolean {
    return this.#readingMembers([reader]).length > 0
  }

  /** Takes one event and returns what is to be done, in order. Events of members that are gone have no effect. */
  handle(event: RoomEvent): readonly RoomEffect[] {
    this.#effects = []
    if (this.#phase.kind !== 'closed') this.#dispatch(event)
    return this.#effects
  }

  #dispatch(event: RoomEvent): void {
    switch (event.type) {
      case 'opened':
        return this.#opened(event.head, event.summary, event.owners ?? [])
      case 'join':
        return this.#join(event.member, event.join)
      case 'push':
        return this.#push(event.member, event.ref, event.update, event.refill ?? false)
      case 'scanned':
        return this.#decided(this.#admitting().scanned(event.scan, event.found))
      case 'inspected':
        return this.#decided(this.#admitting().inspected(event.inspection, event.found), event.position)
      case 'inspectionFailed':
        return this.#decided(this.#admitting().inspected(event.inspection, event.refusal))
      case 'appended':
        return this.#appended(event.entries)
      case 'appendFailed':
        return this.#appendFailed(event.append, event.refusal)
      case 'caughtUp':
        return this.#caughtUp(event.readers, event.position, event.update)
      case 'catchUpFailed':
        return this.#catchUpFailed(event.readers)
      case 'slow':
        return this.#slow(event.member)
      case 'drained':
        return this.#drained(event.member)
      case 'awareness':
        return this.#announce(event.member, event.entries, event.now)
      case 'sync':
        return this.#sync(event.member, event.stateVector)
      case 'awarenessAsked':
        if (this.#members.has(event.member)) this.#sendAwareness(event.member)
        return
      case 'gone':
        return this.#gone(event.member)
      case 'compacted':
        return this.#compacted(event.upToSeq, event.checkpointBytes, event.tailBytes)
      case 'compactionFailed':
        this.#compaction = { kind: 'resting', until: event.now + this.#limits.compactionRetryMs }
        return
      case 'tick':
        return this.#tick(event.now)
      case 'evictAll':
        return this.#evictAll(event.refusal)
      case 'relayCloses':
        return this.#close()
      default:
        return event satisfies never
    }
  }

  #opened(head: RoomHead, summary: LogSummary, owners: readonly ClientOwner[]): void {
    assert(this.#phase.kind === 'opening', 'a room is opened once')
    this.#owners.load(owners)
    this.#content.open(summary)
    this.#head = head
    const { joins } = this.#phase
    this.#phase = { kind: 'open' }
    for (const [member, join] of joins) this.#join(member, join)
    this.#compactIfOutgrown()
  }

  #join(id: MemberId, join: JoinRequest): void {
    if (this.#phase.kind === 'opening') {
      this.#phase.joins.set(id, join)
      return
    }
    this.#emptySince = undefined
    const { position: head, checkpointSeq } = this.#head
    const resumed = join.position !== undefined && isInHistory(this.#head, join.position)
    const mark = resumed ? join.position : emptyHead.position
    // The tail after the mark is all that it lacks, unless the checkpoint has swallowed the start of that tail.
    const stateVector = mark.seq === 0 || mark.seq < checkpointSeq ? join.stateVector : undefined
    const member: Member = {
      id,
      access: join.access,
      pushesOnly: join.pushesOnly === true,
      subject: join.subject,
      refills: join.position !== undefined && !resumed,
      delivery: new Delivery(mark, resumed || head.seq === 0 ? mark.seq : -1, stateVector),
      pushes: [],
    }
    this.#members.set(id, member)
    this.#send(id, {
      type: 'joined',
      request: join.request,
      handle: this.#handle,
      access: join.access,
      position: head,
      resumed,
      stateVector: this.#content.encodeStateVector(),
    })
    this.#sendAwareness(id)
    this.#bringToHead(member)
  }

  #push(id: MemberId, ref: number, update: Uint8Array, refills: boolean): void {
    const member = this.#members.get(id)
    if (member === undefined) {
      // It guessed the handle of a room that it has not been let into yet.
      if (this.#phase.kind === 'opening' && this.#phase.joins.has(id)) {
        this.#sendReject(id, ref, { code: 'unknown-handle', retryable: true, message: 'not a member of this room yet' })
      }
      return
    }
    const { access, subject } = member
    const refill = refills || member.refills
    const heldBytes = update.length + PUSH_OVERHEAD_BYTES
    const push: Push = {
      author: id,
      access,
      subject,
      refill,
      ref,
      update,
      heldBytes,
      verdict: pending,
      isAbandoned: false,
    }
    this.#heldBytes += heldBytes
    member.pushes.push(push)
    this.#decided(this.#admitting().arrive(push))
  }

  /** Does what was decided; `inspected` is the last entry that it was decided by, if that was not memory. */
  #decided(decisions: readonly Decision<Push>[], inspected: Position = emptyHead.position): void {
    let authors: Set<MemberId> | undefined
    for (const decision of decisions) {
      switch (decision.kind) {
        case 'append': {
          const append = this.#nextAppend++
          this.#appends.set(append, decision.push)
          const { push, claims } = decision
          this.#effects.push({ type: 'append', append, update: push.update, subject: push.subject, claims })
          break
        }
        case 'known':
          this.#judge(decision.push, this.#verdictOfKnown(decision, inspected))
          authors = (authors ?? new Set()).add(decision.push.author)
          break
        case 'rejected':
          this.#judge(decision.push, { kind: 'rejected', refusal: decision.refusal })
          if (decision.limit !== undefined) this.#effects.push({ type: 'limitHit', limit: decision.limit })
          authors = (authors ?? new Set()).add(decision.push.author)
          break
        case 'scan':
          this.#effects.push({ type: 'scan', scan: decision.scan, update: decision.update })
          break
        case 'inspect':
          this.#effects.push({ type: 'inspect', inspection: decision.inspection, pushes: decision.pushes })
          break
        default:
          return decision satisfies never
      }
    }
    if (authors !== undefined) for (const author of authors) this.#tell(author)
  }

  #judge(push: Push, verdict: Verdict): void {
    push.verdict = verdict
    if (push.isAbandoned) this.#heldBytes -= push.heldBytes
  }

  /** Nobody will be told about these: those that are judged are let go, the others when they are. */
  #abandon(pushes: readonly Push[]): void {
    for (const push of pushes) {
      push.isAbandoned = true
      if (push.verdict.kind !== 'pending') this.#heldBytes -= push.heldBytes
    }
  }

  /**
   * What the log has may be acknowledged at a member's mark only if it lies before that mark. A member that is behind (its own
   * push on an earlier connection may have been written after it joined anew) would settle it at a place that a log restored from
   * an older copy still has, without the entry; so its ack waits until it has caught up, unless it never does. A member that may
   * only read has written nothing that could be missing there.
   */
  #verdictOfKnown({ push, isEmpty }: Decision<Push> & { readonly kind: 'known' }, inspected: Position): Verdict {
    const position = inspected.seq > this.#head.position.seq ? inspected : this.#head.position
    if (this.#members.get(push.author)?.pushesOnly === true) return { kind: 'accepted', position }
    return { kind: 'known', seq: isEmpty || push.access === 'read' ? 0 : position.seq }
  }

  /**
   * One flush of the log answers many appends: each member hears of them in one message where that is possible, so what a
   * room costs follows its flushes and not its updates. But two who are alone, and typed in the same moment, are told as if
   * each had a flush: that takes as many messages, and no merge.
   */
  #appended(entries: readonly Appended[]): void {
    const [one, other] = entries
    const isPair = entries.length === 2 && this.#members.size === 2
    if (!isPair || this.#authorOf(one!) === this.#authorOf(other!)) return this.#appendedTogether(entries)
    this.#appendedTogether([one!])
    this.#appendedTogether([other!])
  }

  #authorOf({ append }: Appended): MemberId | undefined {
    return this.#appends.get(append)?.author
  }

  #appendedTogether(entries: readonly Appended[]): void {
    const pushes: AcceptedPush[] = []
    let authorsOfGaps: Set<MemberId> | undefined
    const decisions: Decision<Push>[] = []
    for (const { append, position } of entries) {
      const push = this.#takeAppend(append)
      this.#head = headAfterAppend(this.#head, position.epoch, push.update.length)
      // Another writer on the same log, or a log that miscounts, would make every mark a lie.
      assert(this.#head.position.seq === position.seq, `entry ${position.seq} follows ${this.#head.position.seq - 1}`)
      this.#judge(push, { kind: 'accepted', position })
      pushes.push({ author: push.author, update: push.update, position })
      const settled = this.#admitting().settle(push, true)
      if (settled.leftGap) authorsOfGaps = (authorsOfGaps ?? new Set()).add(push.author)
      if (settled.decisions.length > 0) decisions.push(...settled.decisions)
    }
    // Once for each author would do; again, there is nothing left to tell.
    let told: MemberId | undefined
    for (const { author } of pushes) {
      if (author !== told) this.#tell(author)
      told = author
    }
    for (const run of flushRuns(pushes)) this.#fanOut(run)
    for (const author of authorsOfGaps ?? []) {
      const writer = this.#members.get(author)
      if (writer === undefined) continue
      writer.refills = true
      // Once for each gap: whether the answer closes it, or there is none, it is there for all to see who join later.
      this.#send(author, { type: 'resync', handle: this.#handle, stateVector: this.#content.encodeStateVector() })
    }
    this.#decided(decisions)
    this.#compactIfOutgrown()
  }

  /** Sends what is new to all live members; to one that wrote all of it, only how far it now is. */
  #fanOut({ position, update, onlyAuthor }: FlushRun): void {
    const members: MemberId[] = []
    const owed: MemberId[] = []
    for (const member of this.#members.values()) {
      const share = member.delivery.share(position, member.id === onlyAuthor)
      if (share === 'position') this.#sendPosition(member.id, position)
      if (share !== 'update') continue
      members.push(member.id)
      if (member.pushes.length > 0) owed.push(member.id)
    }
    this.#broadcast(members, { type: 'updates', handle: this.#handle, position, update })
    // Those whose ack waited for these entries; after them, or they would take an entry for their own push.
    for (const member of owed) this.#tell(member)
  }

  #admitting(): Admission<Push> {
    const announcer = (clientId: number): string | undefined => this.#announcerOf(clientId)
    return (this.#admission ??= new Admission(this.#content, this.#owners, announcer, this.#limits))
  }

  /** Whose awareness announces a client ID now. */
  #announcerOf(clientId: number): string | undefined {
    const member = this.#awareness.ownerOf(clientId)
    return member === undefined ? undefined : this.#members.get(member)?.subject
  }

  #appendFailed(append: number, refusal: Refusal): void {
    const push = this.#takeAppend(append)
    const { decisions } = this.#admitting().settle(push, false)
    this.#judge(push, { kind: 'rejected', refusal })
    this.#tell(push.author)
    this.#decided(decisions)
  }

  #takeAppend(append: number): Push {
    const taken = this.#appends.get(append)
    assert(taken !== undefined, `append ${append} is under way`)
    this.#appends.delete(append)
    return taken
  }

  #tell(id: MemberId): void {
    const member = this.#members.get(id)
    if (member !== undefined) this.#sendVerdicts(member)
  }

  /** Tells a member about its oldest pushes, as far as their verdicts are known; one ack covers all up to the next reject. */
  #sendVerdicts(member: Member): void {
    const { pushes } = member
    let told = 0
    let acked: Ack | undefined
    for (const { ref, verdict, heldBytes } of pushes) {
      if (verdict.kind === 'pending' || (verdict.kind === 'known' && verdict.seq > member.delivery.mark.seq)) break
      told++
      this.#heldBytes -= heldBytes
      if (verdict.kind === 'rejected') {
        if (acked !== undefined) this.#sendAck(member, acked)
        acked = undefined
        this.#sendReject(member.id, ref, verdict.refusal)
        continue
      }
      // A push that was not logged has no place of its own. The mark is one that the member has everything up to; the head
      // would be wrong for a member that is behind, since it would take the entries in between as received.
      const position = verdict.kind === 'accepted' ? verdict.position : member.delivery.mark
      acked = { ref, position: acked !== undefined && acked.position.seq > position.seq ? acked.position : position }
    }
    if (acked !== undefined) this.#sendAck(member, acked)
    // Most often all of them: then without a copy of what is removed.
    if (told === pushes.length) pushes.length = 0
    else if (told > 0) pushes.splice(0, told)
  }

  /** Answers as a newcomer is answered. A question that comes while a read is under way, or while the socket is full, waits. */
  #sync(id: MemberId, stateVector: Uint8Array): void {
    const member = this.#members.get(id)
    if (member === undefined) return
    member.delivery.ask(stateVector)
    if (member.delivery.isLive) this.#bringToHead(member)
  }

  /** Makes a member live if it has everything and asks for nothing, else reads what it lacks. */
  #bringToHead({ id, delivery }: Member): void {
    const wanted = delivery.bringTo(this.#head.position, this.#nextRead)
    if (wanted === undefined) return
    this.#nextRead++
    const { read, afterSeq, stateVector, isAsked } = wanted
    if (isAsked) {
      // Whoever asks is asked the same: replicas compare both ways.
      this.#send(id, { type: 'resync', handle: this.#handle, stateVector: this.#content.encodeStateVector() })
    }
    this.#effects.push({ type: 'catchUp', member: id, read, afterSeq, stateVector })
  }

  #caughtUp(readers: readonly Reader[], position: Position, update: Uint8Array): void {
    const members = this.#readingMembers(readers)
    for (const { delivery } of members) delivery.caughtUp(position)
    this.#broadcast(
      members.map(({ id }) => id),
      { type: 'updates', handle: this.#handle, position, update },
    )
    for (const member of members) {
      this.#sendVerdicts(member)
      this.#bringToHead(member)
    }
  }

  /** The member may join again: its client waits, and resumes from where it really is. */
  #catchUpFailed(readers: readonly Reader[]): void {
    for (const { id } of this.#readingMembers(readers)) {
      this.#evict(id, { code: 'log-unavailable', retryable: true, message: 'the log could not be read' })
      this.#gone(id)
    }
  }

  /** The members among `readers` that still wait for that read. */
  #readingMembers(readers: readonly Reader[]): Member[] {
    return readers.flatMap(({ member: id, read }) => {
      const member = this.#members.get(id)
      return member?.delivery.awaits(read) === true ? [member] : []
    })
  }

  #slow(id: MemberId): void {
    this.#members.get(id)?.delivery.hold()
  }

  /**
   * Updates come first. Awareness alone may fill the socket again, with that of other rooms of the connection; were it sent at once, each
   * drain could end the read that the one before it had begun.
   */
  #drained(id: MemberId): void {
    const member = this.#members.get(id)
    if (member?.delivery.isWaiting === true) this.#bringToHead(member)
  }

  #announce(id: MemberId, entries: readonly AwarenessEntry[], now: number): void {
    if (!this.#members.has(id)) return
    const { dropped } = this.#awareness
    this.#broadcastAwareness(this.#awareness.apply(id, entries, now), id)
    if (this.#awareness.dropped > dropped) this.#effects.push({ type: 'limitHit', limit: 'awarenessBytesMax' })
  }

  #gone(id: MemberId): void {
    if (this.#phase.kind === 'opening') {
      this.#phase.joins.delete(id)
      return
    }
    const member = this.#members.get(id)
    if (member === undefined) return
    this.#members.delete(id)
    this.#abandon(member.pushes)
    this.#broadcastAwareness(this.#awareness.release(id), id)
  }

  #tick(now: number): void {
    if (this.#admission?.isBusy === false) this.#admission = undefined
    this.#broadcastAwareness(this.#awareness.expire(now), undefined)
    this.#payAwareness()
    if (this.#compaction.kind === 'resting' && now >= this.#compaction.until) {
      this.#compaction = { kind: 'idle' }
      this.#compactIfOutgrown()
    }
    const inUse =
      this.#phase.kind !== 'open' ||
      this.#members.size > 0 ||
      this.#admission !== undefined ||
      this.#compaction.kind === 'running'
    if (inUse) this.#emptySince = undefined
    else if (now - (this.#emptySince ??= now) >= this.#limits.roomLingerMs) this.#close()
  }

  #evictAll(refusal: Refusal): void {
    if (this.#phase.kind === 'opening') {
      for (const [member, { request }] of this.#phase.joins) {
        this.#send(member, { type: 'refused', request, ...refusal })
        this.#effects.push({ type: 'detach', member })
      }
    }
    for (const member of this.#members.keys()) this.#evict(member, refusal)
    this.#members.clear()
    this.#close()
  }

  #evict(member: MemberId, refusal: Refusal): void {
    this.#send(member, { type: 'evicted', handle: this.#handle, ...refusal })
    this.#effects.push({ type: 'detach', member })
  }

  #close(): void {
    this.#phase = { kind: 'closed' }
    this.#effects.push({ type: 'close' })
  }

  #compactIfOutgrown(): void {
    if (this.#compaction.kind !== 'idle') return
    const { tailEntries, tailBytes, checkpointBytes } = this.#head
    const { compactionTailEntries, compactionTailBytes } = this.#limits
    if (tailEntries <= compactionTailEntries && tailBytes <= Math.max(compactionTailBytes, checkpointBytes)) return
    this.#compaction = { kind: 'running' }
    this.#effects.push({ type: 'compact' })
  }

  #compacted(upToSeq: number, checkpointBytes: number, tailBytes: number): void {
    this.#compaction = { kind: 'idle' }
    // What was appended during the merge is the new tail.
    const left = upToSeq >= this.#head.position.seq ? 0 : Math.max(0, this.#head.tailBytes - tailBytes)
    this.#head = headAfterCheckpoint(this.#head, upToSeq, checkpointBytes, left)
  }

  #payAwareness(): void {
    for (const id of this.#awarenessOwed ?? []) {
      const member = this.#members.get(id)
      if (member?.delivery.isLive === false) continue
      this.#awarenessOwed?.delete(id)
      if (member !== undefined) this.#sendAwareness(id)
    }
  }

  #sendAwareness(member: MemberId): void {
    for (const payload of this.#awareness.encodeAll()) {
      this.#send(member, { type: 'awareness', handle: this.#handle, payload })
    }
  }

  /** Members whose sockets are full do not get it: once they are live again, a tick brings them the states of that moment. */
  #broadcastAwareness(entries: readonly AwarenessEntry[], except: MemberId | undefined): void {
    if (entries.length === 0) return
    const members: MemberId[] = []
    for (const { id, delivery } of this.#members.values()) {
      if (id === except) continue
      if (delivery.isWaiting) this.#awarenessOwed = (this.#awarenessOwed ?? new Set()).add(id)
      else members.push(id)
    }
    for (const payload of encodePayloads(entries)) {
      this.#broadcast(members, { type: 'awareness', handle: this.#handle, payload })
    }
  }

  #broadcast(members: readonly MemberId[], message: RelayMessage): void {
    if (members.length > 0) this.#effects.push({ type: 'broadcast', members, message })
  }

  #sendAck({ id, delivery }: Member, { ref, position }: Ack): void {
    delivery.acked(position)
    this.#send(id, { type: 'ack', handle: this.#handle, ref, position })
  }

  /** The member has everything up to there, and has to hear it. */
  #sendPosition(member: MemberId, position: Position): void {
    this.#send(member, { type: 'updates', handle: this.#handle, position, update: emptyUpdate() })
  }

  #sendReject(member: MemberId, ref: number, refusal: Refusal): void {
    this.#send(member, { type: 'reject', handle: this.#handle, ref, ...refusal })
  }

  #send(member: MemberId, message: RelayMessage): void {
    this.#effects.push({ type: 'send', member, message })
  }
}
