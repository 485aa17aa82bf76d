import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { encodeFrame, type ClientMessage } from '@syncline/protocol'
import * as Y from 'yjs'
import type { Connection } from '../connection/connection.ts'
import { HeldSocket } from '../connection/held-socket.fixture.ts'
import { defaultLimits } from '../limits.ts'
import { FaultyLog } from '../log/faulty-log.ts'
import { MemoryDisk, MemoryLog } from '../log/memory-log.ts'
import { ManualScheduler, WALL_START } from '../manual-scheduler.fixture.ts'
import { noStateVector, updateOf } from '../relay-client.fixture.ts'
import { RelayCore } from '../relay-core.ts'
import { inlineMerger } from './update-merger.ts'

/** A relay on a disk; a token is the subject that it names. */
class World {
  readonly log: FaultyLog
  readonly core: RelayCore
  readonly #scheduler = new ManualScheduler()
  readonly #connections: Connection[] = []

  constructor(disk = new MemoryDisk()) {
    this.log = new FaultyLog(new MemoryLog({ disk }))
    this.core = new RelayCore({
      log: this.log,
      limits: defaultLimits,
      scheduler: this.#scheduler,
      merger: inlineMerger,
      authorize: ({ token }) => ({ access: 'write', subject: token }),
      agent: 'relay',
      onEvent: () => {},
    })
    this.core.start()
  }

  async join(subject: string | undefined, position?: { epoch: number; seq: number }): Promise<Member> {
    const socket = new HeldSocket()
    const connection = this.core.accept(socket)!
    this.#connections.push(connection)
    const member = new Member(socket, connection)
    member.send({ type: 'hello', versions: [1], agent: 'test', token: subject })
    member.send({ type: 'join', request: 1, room: 'r', position, stateVector: noStateVector })
    member.handle = (await socket.next('joined')).handle
    return member
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.lost()
    await this.core.drain(0)
    await this.core.release()
  }
}

class Member {
  readonly socket: HeldSocket
  readonly #connection: Connection
  handle = 0
  #ref = 0

  constructor(socket: HeldSocket, connection: Connection) {
    this.socket = socket
    this.#connection = connection
  }

  send(...messages: readonly ClientMessage[]): void {
    this.#connection.receive(encodeFrame(messages))
  }

  /** Pushes, and tells the verdict: `stored`, or the code of the reject. */
  async push(update: Uint8Array): Promise<string> {
    const ref = ++this.#ref
    this.send({ type: 'push', handle: this.handle, ref, update })
    for (let turn = 0; turn < 1000; turn++) {
      for (const message of this.socket.messages) {
        if (message.type === 'ack' && message.ref >= ref) return 'stored'
        if (message.type === 'reject' && message.ref === ref) return message.code
      }
      await setImmediate()
    }
    throw new Error('no verdict')
  }
}

/** A document that writes under one client ID. */
class Writer {
  readonly doc = new Y.Doc()

  constructor(clientId: number) {
    this.doc.clientID = clientId
  }

  /** The update of one edit. */
  write(text: string): Uint8Array {
    const before = Y.encodeStateVector(this.doc)
    this.doc.getText('body').insert(0, text)
    return Y.encodeStateAsUpdate(this.doc, before)
  }
}

test('an update under the client ID of somebody else is refused, and nothing of it is stored', async () => {
  const world = new World()
  const [ada, bob, nobody] = [await world.join('ada'), await world.join('bob'), await world.join(undefined)]
  const hers = new Writer(1)
  const first = hers.write('a')
  expect(await ada.push(first)).toBe('stored')
  const forged = hers.write('forged')
  expect(await bob.push(forged)).toBe('foreign-client-id')
  expect(await nobody.push(forged)).toBe('foreign-client-id')
  expect(await bob.push(first), 'what is known is free').toBe('stored')
  expect((await world.log.head('r')).position.seq).toBe(1)
  expect(await ada.push(forged), 'and so is what is one’s own').toBe('stored')
  expect(await world.log.authors('r', 0)).toEqual([
    { seq: 1, subject: 'ada', time: WALL_START },
    { seq: 2, subject: 'ada', time: WALL_START },
  ])
  expect(await world.log.owners('r')).toEqual([{ clientId: 1, subject: 'ada', time: WALL_START }])
})

test('deletions are free', async () => {
  const world = new World()
  const [ada, bob] = [await world.join('ada'), await world.join('bob')]
  const hers = new Writer(1)
  const written = hers.write('abc')
  await ada.push(written)
  const his = new Writer(2)
  Y.applyUpdate(his.doc, written)
  const before = Y.encodeStateVector(his.doc)
  his.doc.getText('body').delete(0, 2)
  expect(await bob.push(Y.encodeStateAsUpdate(his.doc, before))).toBe('stored')
})

test('owners outlive the relay, and a client that repeats known units of others with work of its own is no forger', async () => {
  const disk = new MemoryDisk()
  const hers = new Writer(1)
  const first = new World(disk)
  expect(await (await first.join('ada')).push(hers.write('a'))).toBe('stored')
  await first.close()
  const again = new World(disk)
  const bob = await again.join('bob')
  const his = new Writer(2)
  Y.applyUpdate(his.doc, Y.encodeStateAsUpdate(hers.doc))
  his.write('b')
  expect(await bob.push(Y.encodeStateAsUpdate(his.doc))).toBe('stored')
  expect(await bob.push(hers.write('c'))).toBe('foreign-client-id')
  expect((await again.log.owners('r')).map(({ clientId, subject }) => `${clientId} ${subject}`).sort()).toEqual([
    '1 ada',
    '2 bob',
  ])
})

test('a client that refills a lost log owns nothing of it, and its authors go on writing', async () => {
  const world = new World()
  const hers = new Writer(1)
  const lost = hers.write('a')
  const bob = await world.join('bob', { epoch: 77, seq: 9 })
  expect(await bob.push(lost)).toBe('stored')
  const ada = await world.join('ada')
  expect(await ada.push(hers.write('b'))).toBe('stored')
  expect(await world.log.owners('r')).toMatchObject([{ clientId: 1, subject: 'ada' }])
})

test('who is asked for what is missing owns nothing of the answer', async () => {
  const world = new World()
  const [his, hers] = [new Writer(5), new Writer(1)]
  his.write('x')
  const lost = hers.write('a')
  const bob = await world.join('bob')
  expect(await bob.push(his.write('y'))).toBe('stored')
  await bob.socket.next('resync')
  expect(await bob.push(lost)).toBe('stored')
  const ada = await world.join('ada')
  expect(await ada.push(hers.write('b'))).toBe('stored')
  expect(await world.log.owners('r')).toMatchObject([
    { clientId: 5, subject: 'bob' },
    { clientId: 1, subject: 'ada' },
  ])
})

test('a claim that could not be stored is no claim', async () => {
  const world = new World()
  const [ada, bob] = [await world.join('ada'), await world.join('bob')]
  world.log.failNext('append', 'io')
  expect(await ada.push(updateOf('a', 5))).toBe('log-unavailable')
  expect(await bob.push(updateOf('a', 5))).toBe('stored')
  expect(await world.log.owners('r')).toMatchObject([{ clientId: 5, subject: 'bob' }])
})

test('where nobody has a name, nobody owns anything', async () => {
  const world = new World()
  const [one, two] = [await world.join(undefined), await world.join(undefined)]
  const writer = new Writer(1)
  expect(await one.push(writer.write('a'))).toBe('stored')
  expect(await two.push(writer.write('b'))).toBe('stored')
  expect(await world.log.owners('r')).toEqual([])
  expect(await world.log.authors('r', 0)).toEqual([])
})
