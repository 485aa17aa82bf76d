/**
 * A world for one room machine, without time or I/O: a log whose flushes, answers and reads complete one step at a
 * time, in an order that the test chooses, and clients that keep what they receive as a real client does. Every message
 * is checked as it is sent.
 */
import { IdSet, diffUpdate, encodeStateVector, isEmptyUpdate, mergeUpdates, updateIds } from '@syncline/core'
import type { MessageOf, Position, RelayMessage } from '@syncline/protocol'
import { expect } from 'vitest'
import * as Y from 'yjs'
import { defaultLimits } from '../limits.ts'
import { headAfterAppend, headAfterCheckpoint } from '../log/room-head.ts'
import { emptyHead, type RoomHead } from '../log/update-log.ts'
import { inspect } from '../merger/inspect.ts'
import { runJob } from '../merger/merge-job.ts'
import type { UpdateRanges } from '../merger/update-ranges.ts'
import { malformed, type Refusal } from './admission.ts'
import type { RoomEffect, RoomEvent } from './room-event.ts'
import { RoomMachine, type RoomMachineLimits } from './room-machine.ts'

const HANDLE = 7
const EPOCH = 99
const merged = (updates: readonly Uint8Array[]): Uint8Array => mergeUpdates(updates)

export const worldLimits: RoomMachineLimits = {
  ...defaultLimits,
  compactionTailEntries: 4,
  compactionTailBytes: 1_000_000,
  compactionRetryMs: 1000,
  // Small enough that every way is gone.
  scannedInlineBytesMax: 40,
  deletedRangesMax: 3,
  islandsMax: 2,
  uninspectedDeletesMax: 1,
  inspectionBytesMax: 100,
}

type CatchUp = RoomEffect & { type: 'catchUp' }

interface WorldPush {
  readonly ref: number
  readonly update: Uint8Array
  /** `echo`: the log has it. `forgery`: the log has other content. `foreign`: neither, and it is not of the client's document. */
  readonly kind: 'own' | 'echo' | 'forgery' | 'foreign'
}

/** A client with a device of its own, which it keeps when it leaves and comes back. */
export class WorldClient {
  readonly name: number
  readonly doc = new Y.Doc()
  /** What it has of the room for certain: received, or its own and acknowledged. */
  readonly durable = new IdSet()
  readonly deletes = new IdSet()
  readonly received: Uint8Array[] = []
  /** The last place up to which it has everything, by the rule that clients follow. */
  position: Position | undefined
  member: number | undefined
  joined: MessageOf<'joined'> | undefined
  slow = false
  /** Pushes of this membership without a verdict, oldest first. */
  pushed: WorldPush[] = []
  /** Everything it wrote and nobody has acknowledged, this membership or an earlier one. */
  unacknowledged: Uint8Array[] = []
  #made: Uint8Array[] = []

  constructor(name: number) {
    this.name = name
    this.doc.clientID = 1000 + name
    this.doc.on('update', (update: Uint8Array, source: unknown) => {
      if (source !== this) this.#made.push(update)
    })
  }

  /** One edit, as the update that it makes. */
  edit(choice: number): Uint8Array {
    const text = this.doc.getText('body')
    this.doc.transact(() => {
      if (text.length > 2 && choice % 3 === 0) text.delete(choice % text.length, 1)
      else text.insert(choice % (text.length + 1), `${this.name}`)
    })
    return this.#made.splice(0).at(0)!
  }

  receive(update: Uint8Array): void {
    this.received.push(update)
    const { structs, deletes } = updateIds(update)
    this.durable.addAll(structs)
    this.deletes.addAll(deletes)
    Y.applyUpdate(this.doc, update, this)
  }
}

export class RoomWorld {
  readonly machine = new RoomMachine(HANDLE, worldLimits)
  /** Every entry that the log has flushed; `entries[0]` has seq 1. Folding does not shorten it: the truth is kept. */
  readonly entries: Uint8Array[] = []
  readonly clients: readonly WorldClient[]
  /** What the machine believes comes from events; this is what the log knows. */
  logHead: RoomHead = emptyHead
  #unflushed: { append: number; update: Uint8Array }[] = []
  #answers: RoomEvent[] = []
  #reads: CatchUp[] = []
  #scans: (RoomEffect & { type: 'scan' })[] = []
  #inspections: (RoomEffect & { type: 'inspect' })[] = []
  /** Who was asked to resync, and has not answered. */
  #asked: { client: WorldClient; stateVector: Uint8Array }[] = []
  #handling = 0
  #twins = 0
  #folds = 0
  #nextMember = 1
  #nextRef = 1
  now = 0

  constructor(clientCount: number) {
    this.clients = Array.from({ length: clientCount }, (_, name) => new WorldClient(name))
  }

  open(): void {
    const { deletedRangesMax } = worldLimits
    const summary = runJob('summarise', { updates: this.entries, deletedRangesMax })
    this.#give({ type: 'opened', head: this.logHead, summary })
  }

  join(client: WorldClient): void {
    if (client.member !== undefined) return
    client.member = this.#nextMember++
    client.slow = false
    const stateVector = encodeStateVector(client.durable.stateVector())
    const join = { request: client.name, access: 'write', position: client.position, stateVector } as const
    this.#give({ type: 'join', member: client.member, join })
    // What was not acknowledged when it left is pushed again, as an outbox is.
    if (client.joined === undefined || client.unacknowledged.length === 0) return
    const outbox = merged(client.unacknowledged)
    this.#push(client, outbox)
  }

  leave(client: WorldClient): void {
    if (client.member === undefined) return
    const member = client.member
    this.#forget(client)
    this.#give({ type: 'gone', member })
  }

  edit(client: WorldClient, choice: number): void {
    const update = client.edit(choice)
    client.unacknowledged.push(update)
    if (client.joined !== undefined) this.#push(client, update)
  }

  /** Pushes an update that holds nothing. */
  pushNothing(client: WorldClient): void {
    if (client.joined !== undefined) this.#push(client, Uint8Array.of(0, 0))
  }

  pushGarbage(client: WorldClient): void {
    if (client.joined !== undefined) this.#push(client, Uint8Array.of(255, 1, 2, 3))
  }

  /** Pushes again what the log has. */
  pushEcho(client: WorldClient, choice: number): void {
    const entry = this.entries.at(choice % Math.max(1, this.entries.length))
    if (client.joined !== undefined && entry !== undefined) this.#push(client, entry.slice(), 'echo')
  }

  /** Pushes other content for units that the log has. */
  pushForgery(client: WorldClient, choice: number): void {
    const forgery = this.entries.at(choice % Math.max(1, this.entries.length))?.slice()
    // An insertion of one character ends in it, and in an empty delete set.
    if (client.joined === undefined || forgery?.at(-1) !== 0 || forgery.at(-3) !== 1) return
    forgery[forgery.length - 2] = 0x58
    this.#push(client, forgery, 'forgery')
  }

  /** Two clients push different content for the same new units, at the same moment. */
  pushTwins(one: WorldClient, other: WorldClient): void {
    if (one.joined === undefined || other.joined === undefined) return
    this.#twins++
    for (const [client, character] of [
      [one, 0x70],
      [other, 0x71],
    ] as const) {
      this.#push(client, Uint8Array.of(1, 1, this.#twins, 0, 4, 1, 1, 0x74, 1, character, 0), 'foreign')
    }
  }

  /** The oldest push that waits for it is scanned, or is not. */
  scan(succeeds: boolean): void {
    const oldest = this.#scans.shift()
    if (oldest === undefined) return
    const refusal = { code: 'log-unavailable', retryable: true, message: 'busy' } as const
    const found = succeeds ? scanned(oldest.update) : refusal
    this.#give({ type: 'scanned', scan: oldest.scan, found })
  }

  /** The inspection under way reads the log as it is, and is answered before or after what the log has to say. */
  inspect(choice: number, succeeds: boolean): void {
    const oldest = this.#inspections.shift()
    if (oldest === undefined) return
    const { inspection, pushes } = oldest
    const refusal = { code: 'log-unavailable', retryable: true, message: 'unreadable' } as const
    const { position } = this.logHead
    const answer: RoomEvent = succeeds
      ? { type: 'inspected', inspection, position, found: inspect(this.entries, pushes, 'drop').verdicts }
      : { type: 'inspectionFailed', inspection, refusal }
    if (choice % 2 === 0) this.#answers.push(answer)
    else this.#give(answer)
  }

  /** The log flushes its oldest append, or refuses it; the machine does not know yet. */
  flush(succeeds: boolean): void {
    const oldest = this.#unflushed.shift()
    if (oldest === undefined) return
    const { append, update } = oldest
    if (!succeeds) {
      const refusal = { code: 'log-unavailable', retryable: true, message: 'full' } as const
      this.#answers.push({ type: 'appendFailed', append, refusal })
      return
    }
    this.entries.push(update)
    this.logHead = headAfterAppend(this.logHead, EPOCH, update.length)
    this.#answers.push({ type: 'appended', entries: [{ append, position: this.logHead.position }] })
  }

  /** The machine hears the log's oldest answer; with up to `choice % 4` more, if they are of the same flush. */
  answer(choice: number): void {
    const oldest = this.#answers.shift()
    if (oldest === undefined) return
    if (oldest.type !== 'appended') return this.#give(oldest)
    const entries = [...oldest.entries]
    for (let next = this.#answers.at(0); next?.type === 'appended'; next = this.#answers.at(0)) {
      if (entries.length > choice % 4) break
      entries.push(...next.entries)
      this.#answers.shift()
    }
    this.#give({ type: 'appended', entries })
  }

  /** A read that is wanted completes, or fails. */
  read(choice: number, succeeds: boolean): void {
    if (this.#reads.length === 0) return
    const { member, read, afterSeq, stateVector } = this.#reads.splice(choice % this.#reads.length, 1).at(0)!
    if (!succeeds) return this.#give({ type: 'catchUpFailed', readers: [{ member, read }] })
    const everything = afterSeq < this.logHead.checkpointSeq
    const slice = merged(everything ? this.entries : this.entries.slice(afterSeq))
    const update = stateVector === undefined ? slice : diffUpdate(slice, stateVector)
    this.#give({ type: 'caughtUp', readers: [{ member, read }], position: this.logHead.position, update })
  }

  /** The fold that the machine asked for completes, or fails. */
  fold(succeeds: boolean): void {
    if (this.#folds === 0) return
    this.#folds--
    if (!succeeds) return this.#give({ type: 'compactionFailed', now: this.now })
    const { position, tailBytes } = this.logHead
    const checkpointBytes = merged(this.entries).length
    this.logHead = headAfterCheckpoint(this.logHead, position.seq, checkpointBytes, 0)
    this.#answers.push({ type: 'compacted', upToSeq: position.seq, checkpointBytes, tailBytes })
  }

  fillSocket(client: WorldClient): void {
    if (client.member === undefined) return
    client.slow = true
    this.#give({ type: 'slow', member: client.member })
  }

  drainSocket(client: WorldClient): void {
    if (client.member === undefined || !client.slow) return
    client.slow = false
    this.#give({ type: 'drained', member: client.member })
  }

  /** Lets everything that is under way complete, and everybody come in and read. */
  heal(): void {
    for (let turn = 0; turn < 10_000; turn++) {
      for (const client of this.clients) {
        this.drainSocket(client)
        this.join(client)
      }
      if (this.#isAtRest) return
      this.scan(true)
      this.inspect(turn, true)
      this.flush(true)
      if (turn % 5 !== 0) this.flush(true)
      if (turn % 3 !== 0) this.answer(turn)
      this.read(0, true)
      this.fold(true)
    }
    expect.fail('the room does not come to rest')
  }

  get #isAtRest(): boolean {
    const pushes = this.#scans.length + this.#inspections.length
    return pushes + this.#unflushed.length + this.#answers.length + this.#reads.length + this.#folds === 0
  }

  #push(client: WorldClient, update: Uint8Array, kind: WorldPush['kind'] = 'own'): void {
    const ref = this.#nextRef++
    client.pushed.push({ ref, update, kind })
    this.#give({ type: 'push', member: client.member!, ref, update })
  }

  #give(event: RoomEvent): void {
    this.#handling++
    for (const effect of this.machine.handle(event)) this.#perform(effect)
    this.#handling--
    if (this.#handling > 0) return
    for (const { client, stateVector } of this.#asked.splice(0)) {
      const missing = diffUpdate(Y.encodeStateAsUpdate(client.doc), stateVector)
      if (client.joined !== undefined && !isEmptyUpdate(missing)) this.#push(client, missing)
    }
  }

  #perform(effect: RoomEffect): void {
    switch (effect.type) {
      case 'append':
        this.#unflushed.push(effect)
        return
      case 'scan':
        this.#scans.push(effect)
        return
      case 'inspect':
        this.#inspections.push(effect)
        // One at a time.
        return expect(this.#inspections).toHaveLength(1)
      case 'catchUp':
        this.#reads.push(effect)
        return
      case 'send':
        return this.#deliver(effect.member, effect.message)
      case 'broadcast':
        for (const member of effect.members) this.#deliver(member, effect.message)
        return
      case 'detach': {
        const client = this.#clientOf(effect.member)
        if (client !== undefined) this.#forget(client)
        return
      }
      case 'compact':
        this.#folds++
        return
      case 'limitHit':
        return
      case 'close':
        return expect.fail('a room in use was closed')
      default:
        return effect satisfies never
    }
  }

  #deliver(member: number, message: RelayMessage): void {
    const client = this.#clientOf(member)
    if (client === undefined) return expect.fail(`${message.type} for a member that is gone`)
    switch (message.type) {
      case 'joined':
        client.joined = message
        // Without `resumed`, only an empty room is known to have arrived in full.
        if (!message.resumed) client.position = message.position.seq === 0 ? message.position : undefined
        // The relay may only claim what its log has.
        expect(message.position.seq).toBeLessThanOrEqual(this.entries.length)
        return
      case 'updates':
        return this.#checkUpdates(client, message)
      case 'ack':
        return this.#checkAck(client, message)
      case 'reject':
        return this.#checkReject(client, message)
      case 'resync':
        this.#asked.push({ client, stateVector: message.stateVector })
        return
      case 'evicted':
      case 'awareness':
        return
      case 'welcome':
      case 'refused':
      case 'reauthenticate':
      case 'ping':
      case 'pong':
      case 'error':
        return expect.fail(`a room does not send ${message.type}`)
      default:
        return message satisfies never
    }
  }

  /** With it, the client has everything of the room up to its position; and nothing is sent to a full socket. */
  #checkUpdates(client: WorldClient, { position, update }: MessageOf<'updates'>): void {
    expect(client.slow).toBe(false)
    client.receive(update)
    expect(position.seq).toBeGreaterThanOrEqual(client.position?.seq ?? 0)
    this.#advance(client, position)
  }

  /** An ack is of all pushes up to its ref that have had no verdict. */
  #checkAck(client: WorldClient, { ref, position }: MessageOf<'ack'>): void {
    const count = client.pushed.findIndex((push) => push.ref === ref) + 1
    expect(count).toBeGreaterThan(0)
    for (const push of client.pushed.splice(0, count)) this.#checkAcked(client, push, position)
    // The client's rule: the next entry after its position is its own, so nothing lies in between.
    const at = client.position
    if (at !== undefined && position.seq === at.seq + 1) this.#advance(client, position)
  }

  #checkAcked(client: WorldClient, { update, kind }: WorldPush, position: Position): void {
    const { structs, deletes } = updateIds(update)
    expect(kind).not.toBe('forgery')
    // Acknowledged means flushed, at this place or before; what was there before is not flushed again, but lies before it: the
    // client takes for settled what lies at this place, or the one that it was told when it joined.
    if (!this.entries.slice(0, position.seq).includes(update)) {
      const upTo = merged(this.entries.slice(0, Math.max(position.seq, client.joined!.position.seq)))
      expect(Buffer.from(merged([upTo, update])).equals(upTo)).toBe(true)
    }
    // A few deletions may be written again, rather than looked up.
    if (kind === 'echo' && !structs.isEmpty) expect(this.entries).not.toContain(update)
    if (kind === 'foreign') Y.applyUpdate(client.doc, update, client)
    client.durable.addAll(structs)
    client.deletes.addAll(deletes)
    client.unacknowledged = client.unacknowledged.filter((made) => !isCovered(made, update))
  }

  #checkReject(client: WorldClient, { ref, code, retryable }: MessageOf<'reject'>): void {
    const { update, kind } = this.#takePush(client, ref)
    expect(retryable).toBe(code === 'log-unavailable')
    if (code === 'conflicting-update') expect(['forgery', 'foreign']).toContain(kind)
    expect(this.entries).not.toContain(update)
  }

  /** Verdicts come in the order of pushes. */
  #takePush(client: WorldClient, ref: number): WorldPush {
    const oldest = client.pushed.shift()
    expect(oldest?.ref).toBe(ref)
    return oldest!
  }

  /** The promise of a position, checked against the truth. */
  #advance(client: WorldClient, position: Position): void {
    client.position = position
    for (const entry of this.entries.slice(0, position.seq)) {
      const { structs, deletes } = updateIds(entry)
      expect(client.durable.hasAll(structs) && client.deletes.hasAll(deletes)).toBe(true)
    }
  }

  #forget(client: WorldClient): void {
    client.member = undefined
    client.joined = undefined
    client.slow = false
    client.pushed = []
  }

  #clientOf(member: number): WorldClient | undefined {
    return this.clients.find((client) => client.member === member)
  }
}

function scanned(update: Uint8Array): UpdateRanges | Refusal {
  try {
    return runJob('scan', { updates: [update] })
  } catch (error) {
    return malformed(String(error))
  }
}

function isCovered(made: Uint8Array, acknowledged: Uint8Array): boolean {
  const { structs, deletes } = updateIds(made)
  const durable = updateIds(acknowledged)
  return durable.structs.hasAll(structs) && durable.deletes.hasAll(deletes)
}
