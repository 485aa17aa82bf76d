/**
 * A world for one room machine, without time or I/O: a log whose flushes, answers and reads complete one step at a
 * time, in an order that the test chooses, and clients that keep what they receive as a real client does. Every message
 * is checked as it is sent.
 */
import { IdSet, diffUpdate, encodeStateVector, mergeUpdates, updateIds } from '@syncline/core'
import type { MessageOf, Position, RelayMessage } from '@syncline/protocol'
import { expect } from 'vitest'
import * as Y from 'yjs'
import { defaultLimits } from '../limits.ts'
import { headAfterAppend, headAfterCheckpoint } from '../log/room-head.ts'
import { emptyHead, type RoomHead } from '../log/update-log.ts'
import { RoomMachine, type RoomEffect, type RoomEvent, type RoomMachineLimits } from './room-machine.ts'

const HANDLE = 7
const EPOCH = 99
const merged = (updates: readonly Uint8Array[]): Uint8Array => mergeUpdates(updates)

export const worldLimits: RoomMachineLimits = {
  ...defaultLimits,
  compactionTailEntries: 4,
  compactionTailBytes: 1_000_000,
  compactionRetryMs: 1000,
}

type CatchUp = RoomEffect & { type: 'catchUp' }

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
  pushed: { ref: number; update: Uint8Array }[] = []
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
  #folds = 0
  #nextMember = 1
  #nextRef = 1
  now = 0

  constructor(clientCount: number) {
    this.clients = Array.from({ length: clientCount }, (_, name) => new WorldClient(name))
  }

  open(): void {
    this.#give({ type: 'opened', head: this.logHead, updates: this.entries.length === 0 ? [] : [merged(this.entries)] })
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
    this.#answers.push({ type: 'appended', append, position: this.logHead.position })
  }

  /** The machine hears the log's oldest answer. */
  answer(): void {
    const oldest = this.#answers.shift()
    if (oldest !== undefined) this.#give(oldest)
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
      if (this.#unflushed.length + this.#answers.length + this.#reads.length + this.#folds === 0) return
      this.flush(true)
      this.answer()
      this.read(0, true)
      this.fold(true)
    }
    expect.fail('the room does not come to rest')
  }

  #push(client: WorldClient, update: Uint8Array): void {
    const ref = this.#nextRef++
    client.pushed.push({ ref, update })
    this.#give({ type: 'push', member: client.member!, ref, update })
  }

  #give(event: RoomEvent): void {
    for (const effect of this.machine.handle(event)) this.#perform(effect)
  }

  #perform(effect: RoomEffect): void {
    switch (effect.type) {
      case 'append':
        this.#unflushed.push(effect)
        return
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
      case 'evicted':
      case 'awareness':
      case 'resync':
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

  #checkAck(client: WorldClient, { ref, position }: MessageOf<'ack'>): void {
    const { update } = this.#takePush(client, ref)
    const { structs, deletes } = updateIds(update)
    // Acknowledged means flushed, at just this place; deletions alone may have been there before, but not after it: the
    // client
    // takes for settled what lies at this place, or the one that it was told when it joined.
    const upTo = Math.max(position.seq, client.joined!.position.seq)
    if (structs.isEmpty) expect(this.#deletesUpTo(upTo).hasAll(deletes)).toBe(true)
    else expect(this.entries[position.seq - 1]).toBe(update)
    client.durable.addAll(structs)
    client.deletes.addAll(deletes)
    client.unacknowledged = client.unacknowledged.filter((made) => !isCovered(made, update))
    // The client's rule: the next entry after its position is its own, so nothing lies in between.
    const at = client.position
    if (at !== undefined && position.seq === at.seq + 1) this.#advance(client, position)
  }

  #checkReject(client: WorldClient, { ref, code, retryable }: MessageOf<'reject'>): void {
    const { update } = this.#takePush(client, ref)
    expect(retryable).toBe(code === 'log-unavailable')
    expect(this.entries).not.toContain(update)
  }

  /** Verdicts come in the order of pushes. */
  #takePush(client: WorldClient, ref: number): { update: Uint8Array } {
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

  #deletesUpTo(seq: number): IdSet {
    return IdSet.union(this.entries.slice(0, seq).map((entry) => updateIds(entry).deletes))
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

function isCovered(made: Uint8Array, acknowledged: Uint8Array): boolean {
  const { structs, deletes } = updateIds(made)
  const durable = updateIds(acknowledged)
  return durable.structs.hasAll(structs) && durable.deletes.hasAll(deletes)
}
