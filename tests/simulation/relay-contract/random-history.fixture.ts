/**
 * Random histories of a few clients and a relay, on the wire, and the account that a relay gives of one: every message that it sent, to whom
 * and in which order. What relays may choose freely is taken out: the numbers of rooms and epochs, and texts for people.
 */
import { encodeStateVectorFromUpdate, mergeUpdates } from '@syncline/core'
import type { Position, RelayMessage } from '@syncline/protocol'
import { array, constantFrom, nat, oneof, record, type Arbitrary } from 'fast-check'
import { applyUpdate, Doc, encodeStateAsUpdate } from 'yjs'
import type { HostedRelay } from '../../../packages/client/src/testing/relay.contract.ts'
import { WireClient } from '../../../packages/client/src/testing/wire-client.fixture.ts'

const CLIENTS = 3
const ROOMS = ['a', 'b'] as const

/** Long enough for all that follows from a step; short enough for no side to be asked whether it is there. */
const STEP_MS = 50

export type Step =
  | { readonly type: 'connect' | 'close'; readonly who: number }
  /** `knows`: it says what it has, and where it is. */
  | { readonly type: 'join'; readonly who: number; readonly room: number; readonly knows: boolean }
  | { readonly type: 'leave'; readonly who: number; readonly room: number }
  /** An edit of what the client has. `skips`: one before it is not pushed. */
  | Edit
  | { readonly type: 'pushAll'; readonly who: number; readonly room: number }
  /** Something else under the client ID of `of`. */
  | { readonly type: 'forge'; readonly who: number; readonly room: number; readonly of: number }
  | { readonly type: 'failNextFlush' | 'restart' | 'backUp' | 'restore' }

interface Edit {
  readonly type: 'edit'
  readonly who: number
  readonly room: number
  readonly where: number
  readonly deletes: boolean
  readonly skips: boolean
}

export function histories(): Arbitrary<readonly Step[]> {
  const who = nat(CLIENTS - 1)
  const room = nat(ROOMS.length - 1)
  const seldom = constantFrom(true, false, false, false)
  const one = <Type extends Step['type']>(type: Type): Arbitrary<Type> => constantFrom(type)
  const arrivals: readonly Step[] = Array.from({ length: CLIENTS }, (_, each) => each).flatMap((each) => [
    { type: 'connect', who: each },
    { type: 'join', who: each, room: 0, knows: false },
  ])
  const steps = array(
    oneof(
      { weight: 2, arbitrary: record({ type: one('connect'), who }) },
      { weight: 1, arbitrary: record({ type: one('close'), who }) },
      { weight: 6, arbitrary: record({ type: one('join'), who, room, knows: constantFrom(true, true, false) }) },
      { weight: 1, arbitrary: record({ type: one('leave'), who, room }) },
      {
        weight: 14,
        arbitrary: record({ type: one('edit'), who, room, where: nat(50), deletes: seldom, skips: seldom }),
      },
      { weight: 3, arbitrary: record({ type: one('pushAll'), who, room }) },
      { weight: 1, arbitrary: record({ type: one('forge'), who, room, of: who }) },
      { weight: 2, arbitrary: record({ type: constantFrom('failNextFlush' as const, 'restart' as const) }) },
      { weight: 2, arbitrary: record({ type: constantFrom('backUp' as const, 'restore' as const) }) },
    ),
    { minLength: 5, maxLength: 40 },
  )
  return steps.map((drawn) => arrivals.concat(drawn))
}

/** Lets `relay` live through a history, and closes it. */
export async function accountOf(relay: HostedRelay, steps: readonly Step[]): Promise<readonly string[]> {
  const run = new Run(relay)
  try {
    for (const step of steps) await run.do(step)
  } finally {
    await relay.close()
  }
  return run.account
}

/** What a client has of a room: what it wrote, and what it was told. */
interface Replica {
  readonly doc: Doc
  handle: number | undefined
  position: Position | undefined
}

class Run {
  readonly account: string[] = []
  readonly #relay: HostedRelay
  readonly #clients = new Map<number, WireClient>()
  readonly #replicas = Array.from({ length: CLIENTS }, (_, who) => ROOMS.map((_room, room) => replica(who, room)))
  readonly #asked: number[][] = Array.from({ length: CLIENTS }, () => [])
  readonly #epochs: number[] = [0]
  #ref = 0
  #backup: unknown

  constructor(relay: HostedRelay) {
    this.#relay = relay
    this.#backup = relay.backUp()
  }

  async do(step: Step): Promise<void> {
    this.account.push(JSON.stringify(step))
    await this.#do(step)
    await this.#relay.clock.advance(STEP_MS)
    for (const [who, client] of this.#clients) {
      for (const message of client.take()) this.#hear(who, message)
      if (client.closed === undefined) continue
      this.account.push(`  ${who} closed ${client.closed}`)
      this.#gone(who)
    }
  }

  async #do(step: Step): Promise<void> {
    switch (step.type) {
      case 'connect': {
        this.#clients.get(step.who)?.close()
        this.#gone(step.who)
        const client = new WireClient(this.#relay.network, `client-${step.who}`)
        this.#clients.set(step.who, client)
        client.hello()
        return
      }
      case 'close':
        this.#clients.get(step.who)?.close()
        return this.#gone(step.who)
      case 'join': {
        const client = this.#clients.get(step.who)
        if (client === undefined) return
        this.#asked[step.who]!.push(step.room)
        const { doc, position } = this.#replicas[step.who]![step.room]!
        if (!step.knows) return client.join(ROOMS[step.room]!)
        const stateVector = encodeStateVectorFromUpdate(encodeStateAsUpdate(doc))
        return client.join(ROOMS[step.room]!, { position, stateVector })
      }
      case 'leave': {
        const left = this.#replicas[step.who]![step.room]!
        if (left.handle !== undefined) this.#clients.get(step.who)?.send({ type: 'leave', handle: left.handle })
        left.handle = undefined
        return
      }
      case 'edit': {
        const { doc } = this.#replicas[step.who]![step.room]!
        if (step.skips) edit(doc, step)
        return this.#push(step, edit(doc, step))
      }
      case 'pushAll':
        return this.#push(step, encodeStateAsUpdate(this.#replicas[step.who]![step.room]!.doc))
      case 'forge': {
        const forged = new Doc()
        forged.clientID = this.#replicas[step.of]![step.room]!.doc.clientID
        forged.getText('text').insert(0, 'forged')
        return this.#push(step, encodeStateAsUpdate(forged))
      }
      case 'failNextFlush':
        return this.#relay.failNextFlush()
      case 'restart':
        return this.#relay.restart()
      case 'backUp':
        this.#backup = this.#relay.backUp()
        return
      case 'restore':
        return this.#relay.restore(this.#backup)
      default:
        return step satisfies never
    }
  }

  #push({ who, room }: { readonly who: number; readonly room: number }, update: Uint8Array): void {
    const { handle } = this.#replicas[who]![room]!
    if (handle === undefined) return
    this.#ref += 1
    this.#clients.get(who)?.push(handle, this.#ref, update)
  }

  #hear(who: number, message: RelayMessage): void {
    const room = this.#learn(who, message)
    const told = Object.entries(message).map(([name, value]) => `${name}: ${this.#told(name, value)}`)
    const text = message.type === 'welcome' ? 'welcome' : told.join(', ')
    this.account.push(`  ${who}${room === undefined ? '' : ` ${ROOMS[room]}`} ${text}`)
  }

  #told(name: string, value: unknown): string {
    if (name === 'handle' || name === 'message') return '…'
    if (name === 'update') return Buffer.from(mergeUpdates([value as Uint8Array])).toString('base64')
    if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
    if (name !== 'position') return JSON.stringify(value)
    const { epoch, seq } = value as Position
    if (!this.#epochs.includes(epoch)) this.#epochs.push(epoch)
    return `${seq} of epoch ${this.#epochs.indexOf(epoch)}`
  }

  /** Returns the number of the room that it is about. */
  #learn(who: number, message: RelayMessage): number | undefined {
    const replicas = this.#replicas[who]!
    if (message.type === 'joined' || message.type === 'refused') {
      const room = this.#asked[who]!.shift()
      if (message.type === 'refused' || room === undefined) return room
      replicas[room]!.handle = message.handle
      if (!message.resumed) replicas[room]!.position = undefined
      return room
    }
    if (!('handle' in message)) return undefined
    const room = replicas.findIndex(({ handle }) => handle === message.handle)
    const known = replicas[room]
    if (known === undefined) return undefined
    if (message.type === 'updates') {
      apply(known.doc, message.update)
      known.position = message.position
    } else if (message.type === 'ack' && message.position.seq === (known.position?.seq ?? 0) + 1) {
      known.position = message.position
    }
    return room
  }

  #gone(who: number): void {
    this.#clients.delete(who)
    this.#asked[who] = []
    for (const each of this.#replicas[who]!) each.handle = undefined
  }
}

function replica(who: number, room: number): Replica {
  const doc = new Doc()
  doc.clientID = (who + 1) * 10 + room
  return { doc, handle: undefined, position: undefined }
}

/** Under no name: a document that is told of edits under its own takes another one, at random. */
function apply(doc: Doc, update: Uint8Array): void {
  const { clientID } = doc
  doc.clientID = 0
  applyUpdate(doc, update)
  doc.clientID = clientID
}

/** Changes the document, and returns the update. */
function edit(doc: Doc, { where, deletes }: Edit): Uint8Array {
  const text = doc.getText('text')
  const updates: Uint8Array[] = []
  const collect = (update: Uint8Array): void => void updates.push(update)
  doc.on('update', collect)
  if (deletes && text.length > 0) text.delete(where % text.length, 1)
  else text.insert(where % (text.length + 1), 'xyz')
  doc.off('update', collect)
  return mergeUpdates(updates)
}
