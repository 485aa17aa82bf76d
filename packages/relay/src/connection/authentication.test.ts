import { ByteReader, ByteWriter } from '@syncline/core'
import { encodeFrame, type ClientMessage, type RelayMessage } from '@syncline/protocol'
import { expect, test } from 'vitest'
import type { Authorize, RoomAccess } from '../access.ts'
import type { Authenticator } from '../auth/authenticator.ts'
import { AuthError } from '../errors.ts'
import { defaultLimits, type RelayLimits } from '../limits.ts'
import { MemoryLog } from '../log/memory-log.ts'
import { ManualScheduler } from '../manual-scheduler.fixture.ts'
import { noStateVector, textOf, updateOf } from '../relay-client.fixture.ts'
import { RelayCore } from '../relay-core.ts'
import type { RelayEvent } from '../relay-event.ts'
import { inlineMerger } from '../room/update-merger.ts'
import type { Connection } from './connection.ts'
import { HeldSocket } from './held-socket.fixture.ts'

/** What a token says: `ada 5000 a=write b=read` is Ada's for five seconds. */
function readToken(token: string, now: number): Awaited<ReturnType<Authenticator['authenticate']>> {
  const [subject = '', validMs = '', ...rooms] = token.split(' ')
  const rules = new Map(rooms.map((rule) => rule.split('=') as [string, RoomAccess]))
  const expiresAt = validMs === '' ? undefined : now + Number(validMs)
  return { subject, expiresAt, grant: (room) => ({ access: rules.get(room) ?? 'none', subject, expiresAt }) }
}

class World {
  readonly scheduler = new ManualScheduler()
  readonly events: RelayEvent[] = []
  readonly core: RelayCore
  /** The next tokens cannot be judged. */
  failing: AuthError | undefined
  /** How often a token was looked at. */
  authentications = 0

  constructor(limits: Partial<RelayLimits> = {}, authorize?: Authorize) {
    this.core = new RelayCore({
      log: new MemoryLog(),
      limits: { ...defaultLimits, heartbeatMs: 1e9, helloTimeoutMs: 10_000, ...limits },
      scheduler: this.scheduler,
      merger: inlineMerger,
      authorize,
      authenticator: { authenticate: (credentials) => this.#authenticate(credentials.token) },
      agent: 'relay',
      onEvent: (event) => this.events.push(event),
    })
    this.core.start()
  }

  connect(token: string | undefined, address?: string): Client {
    const socket = new HeldSocket(address)
    const client = new Client(socket, this.core.accept(socket)!)
    client.send({ type: 'hello', versions: [1], agent: 'test', token })
    return client
  }

  async #authenticate(token: string | undefined): Promise<ReturnType<typeof readToken>> {
    this.authentications++
    await Promise.resolve()
    if (token === undefined) throw new AuthError('missing-token', 'a token is needed')
    if (this.failing !== undefined) throw this.failing
    if (token === 'bad') throw new AuthError('invalid-token', 'the token is not valid: it is bad')
    return readToken(token, this.scheduler.wallNow())
  }
}

class Client {
  readonly socket: HeldSocket
  readonly connection: Connection

  constructor(socket: HeldSocket, connection: Connection) {
    this.socket = socket
    this.connection = connection
  }

  send(...messages: readonly ClientMessage[]): void {
    this.connection.receive(encodeFrame(messages))
  }

  async join(room: string): Promise<Extract<RelayMessage, { type: 'joined' }>> {
    this.ask(room)
    return this.socket.next('joined')
  }

  ask(room: string): void {
    this.send({ type: 'join', request: 7, room, position: undefined, stateVector: noStateVector })
  }
}

/** Lets what was answered take effect. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}

test('joins wait for the token to be verified, and are granted by what it says', async () => {
  const world = new World()
  const client = world.connect('ada 60000 a=write b=read')
  for (const room of ['a', 'b', 'c']) client.ask(room)
  expect(await client.socket.next('joined')).toMatchObject({ access: 'write' })
  expect(await client.socket.next('joined')).toMatchObject({ access: 'read' })
  expect(await client.socket.next('refused')).toMatchObject({ code: 'forbidden', retryable: false })
  expect([...client.connection.subjects]).toEqual(['ada'])
})

test('a bad token ends the connection, and says why', async () => {
  const client = new World().connect('bad')
  client.ask('a')
  expect(await client.socket.next('error')).toMatchObject({
    code: 'unauthorized',
    message: expect.stringContaining('it is bad'),
  })
  expect(client.socket.closed).toBe(4401)
})

test('a first token that cannot be verified now may be tried again later, and the operator is told', async () => {
  const world = new World()
  world.failing = new AuthError('unavailable', 'no keys')
  const client = world.connect('ada')
  expect(await client.socket.next('error')).toMatchObject({ code: 'internal' })
  expect(client.socket.closed).toBe(1013)
  expect(world.events).toContainEqual({ type: 'authorize-failed', room: undefined, error: world.failing })
})

test('without a token, joins are refused; it may still come, and has to come in time', async () => {
  const world = new World()
  const [late, never] = [world.connect(undefined), world.connect(undefined)]
  late.ask('a')
  expect(await late.socket.next('refused')).toMatchObject({ code: 'unauthorized', retryable: false })
  late.send({ type: 'token', token: 'ada  a=write' })
  expect(await late.join('a')).toMatchObject({ access: 'write' })
  world.scheduler.advance(10_000)
  expect([late.socket.closed, never.socket.closed]).toEqual([undefined, 4401])
})

test('a client is asked for a fresh token in time, and goes when the old one has run out', async () => {
  const world = new World({ reauthenticateLeadMs: 2000 })
  const client = world.connect('ada 10000 a=write')
  await client.join('a')
  world.scheduler.advance(8000)
  expect(await client.socket.next('reauthenticate')).toMatchObject({ deadlineMs: 2000 })
  client.send({ type: 'token', token: 'ada 10000 a=write' })
  await settled()
  world.scheduler.advance(8000)
  expect(client.socket.closed).toBeUndefined()
  expect(await client.socket.next('reauthenticate')).toMatchObject({ deadlineMs: 2000 })
  world.scheduler.advance(2000)
  expect(await client.socket.next('error')).toMatchObject({ code: 'unauthorized', message: 'the token has expired' })
  expect(client.socket.closed).toBe(4401)
})

test('a fresh token counts at once, for every room: less, more, none, and what stays as it was', async () => {
  const world = new World()
  const client = world.connect('ada 60000 less=write more=read none=write same=write')
  const handles = new Map<string, number>()
  for (const room of ['less', 'more', 'none', 'same']) handles.set(room, (await client.join(room)).handle)
  client.send({ type: 'token', token: 'ada 60000 less=read more=write same=write' })
  const evictions = new Map<number, RelayMessage>()
  for (let left = 3; left > 0; left--) {
    const evicted = await client.socket.next('evicted')
    evictions.set(evicted.handle, evicted)
  }
  expect(evictions.get(handles.get('less')!)).toMatchObject({ code: 'access-changed', retryable: true })
  expect(evictions.get(handles.get('more')!)).toMatchObject({ code: 'access-changed', retryable: true })
  expect(evictions.get(handles.get('none')!)).toMatchObject({ code: 'forbidden', retryable: false })
  expect(await client.join('less')).toMatchObject({ access: 'read' })
  expect(await client.join('more')).toMatchObject({ access: 'write' })
  client.send({ type: 'push', handle: handles.get('same')!, ref: 1, update: updateOf('a') })
  expect(await client.socket.next('ack')).toMatchObject({ ref: 1 })
})

/** A socket whose other side answers within the call. */
class PromptSocket extends HeldSocket {
  onMessages: (messages: readonly RelayMessage[]) => void = () => {}

  override send(frame: Uint8Array, onSent: () => void): void {
    const before = this.messages.length
    super.send(frame, onSent)
    this.onMessages(this.messages.slice(before))
  }
}

test('who leaves and joins again while it is being put out is a member, and stays one', async () => {
  const world = new World()
  const socket = new PromptSocket()
  const client = new Client(socket, world.core.accept(socket)!)
  client.send({ type: 'hello', versions: [1], agent: 'test', token: 'ada 60000 a=write' })
  const { handle } = await client.join('a')
  socket.onMessages = (messages) => {
    if (!messages.some(({ type }) => type === 'evicted')) return
    client.send({ type: 'leave', handle })
    client.ask('a')
  }
  client.send({ type: 'token', token: 'ada 60000 a=read' })
  expect(await socket.next('joined')).toMatchObject({ access: 'read' })
  await settled()
  client.send({ type: 'push', handle, ref: 1, update: updateOf('x') })
  expect(await socket.next('reject'), 'it is known').toMatchObject({ code: 'read-only' })
  expect(world.core.membersOf('a')).toBe(1)
})

test('whoever may only read from now on has nothing stored that was pushed after', async () => {
  const world = new World()
  const [writer, reader] = [world.connect('ada 60000 a=write'), world.connect('bob 60000 a=write')]
  const { handle } = await writer.join('a')
  await reader.join('a')
  writer.send({ type: 'token', token: 'ada 60000 a=read' })
  await writer.socket.next('evicted')
  writer.send({ type: 'push', handle, ref: 1, update: updateOf('x') })
  expect(await writer.socket.next('reject')).toMatchObject({ code: 'unknown-handle', retryable: true })
  const { handle: again } = await writer.join('a')
  writer.send({ type: 'push', handle: again, ref: 2, update: updateOf('x') })
  expect(await writer.socket.next('reject')).toMatchObject({ code: 'read-only' })
})

test('a fresh token of somebody else ends the connection', async () => {
  const client = new World().connect('ada  a=write')
  await client.join('a')
  client.send({ type: 'token', token: 'bob  a=write' })
  expect(await client.socket.next('error')).toMatchObject({ code: 'unauthorized' })
  expect(client.socket.closed).toBe(4401)
})

test('a fresh token that cannot be verified now changes nothing yet', async () => {
  const world = new World({ reauthenticateLeadMs: 4000 })
  const client = world.connect('ada 10000 a=write')
  const { handle } = await client.join('a')
  world.failing = new AuthError('unavailable', 'no keys')
  client.send({ type: 'token', token: 'ada 99999 a=write' })
  await settled()
  client.send({ type: 'push', handle, ref: 1, update: updateOf('a') })
  await client.socket.next('ack')
  world.scheduler.advance(9999)
  expect(client.socket.closed).toBeUndefined()
  world.scheduler.advance(1000)
  expect(client.socket.closed).toBe(4401)
})

test('the hook decides on rooms for whom the token names, and again when it is refreshed', async () => {
  let access: RoomAccess | Error = 'write'
  const subjects: unknown[] = []
  const world = new World({}, ({ subject }) => {
    subjects.push(subject)
    if (access instanceof Error) throw access
    return access
  })
  const client = world.connect('ada')
  const { handle } = await client.join('a')
  access = 'read'
  client.send({ type: 'token', token: 'ada' })
  expect(await client.socket.next('evicted')).toMatchObject({ handle, code: 'access-changed', retryable: true })
  expect(subjects).toEqual(['ada', 'ada'])
})

test('while the hook fails, a room is what it was; the hook is asked again, and what it grants runs out as before', async () => {
  let answer: 'grant' | 'fail' | 'deny' = 'grant'
  let asked = 0
  const world: World = new World({ reauthenticateLeadMs: 1000 }, () => {
    asked++
    if (answer === 'fail') throw new Error('no answer')
    return answer === 'deny' ? 'none' : { access: 'write', expiresAt: world.scheduler.wallNow() + 20_000 }
  })
  const [client, other] = [world.connect('ada'), world.connect('ada')]
  const { handle } = await client.join('a')
  await other.join('a')
  answer = 'fail'
  for (const each of [client, other]) each.send({ type: 'token', token: 'ada' })
  await settled()
  expect(world.events).toMatchObject([
    { type: 'authorize-failed', room: 'a' },
    { type: 'authorize-failed', room: 'a' },
  ])
  client.send({ type: 'push', handle, ref: 1, update: updateOf('a') })
  await client.socket.next('ack')
  answer = 'deny'
  world.scheduler.advance(1000)
  expect(asked).toBe(4)
  world.scheduler.advance(4000)
  expect(asked).toBe(6)
  expect(await client.socket.next('evicted')).toMatchObject({ handle, code: 'forbidden' })
  world.scheduler.advance(15_000)
  expect([client, other].map(({ socket }) => socket.closed)).toEqual([4401, 4401])
})

test('a grant of the hook may run out', async () => {
  const world: World = new World({ reauthenticateLeadMs: 1000 }, () => {
    return { access: 'write', expiresAt: world.scheduler.wallNow() + 5000 }
  })
  const client = world.connect('ada')
  await client.join('a')
  world.scheduler.advance(4000)
  await client.socket.next('reauthenticate')
  world.scheduler.advance(1000)
  expect(client.socket.closed).toBe(4401)
})

test('an operator can end the connections of a subject, and of nobody else', async () => {
  const world = new World()
  const [one, two, other] = ['ada  a=write', 'ada  a=read', 'bob  a=write'].map((token) => world.connect(token)) as [
    Client,
    Client,
    Client,
  ]
  for (const client of [one, two, other]) await client.join('a')
  expect(world.core.expelSubject('ada')).toBe(2)
  expect([one, two, other].map(({ socket }) => socket.closed)).toEqual([4401, 4401, undefined])
  expect(world.core.expelSubject('carol')).toBe(0)
})

test('a client that is not known yet may not send much', async () => {
  const world = new World({ unknownFramesMax: 3 })
  const flooding = world.connect('ada  a=write')
  flooding.ask('a')
  for (let count = 0; count < 2; count++) flooding.send({ type: 'ping' })
  expect(flooding.socket.closed).toBe(1013)
  const patient = world.connect('ada  a=write')
  await patient.join('a')
  for (let count = 0; count < 10; count++) patient.send({ type: 'ping' })
  expect(patient.socket.closed).toBeUndefined()
})

test('who sends too much is not read for a while, and nothing is lost', async () => {
  const world = new World({ updatesPerSecond: 1, updatesBurst: 3, subjectShares: 2 })
  const [ada, again, bob] = ['ada  a=write', 'ada  a=write', 'bob  a=write'].map((token) => world.connect(token)) as [
    Client,
    Client,
    Client,
  ]
  const handles = new Map<Client, number>()
  for (const client of [ada, again, bob]) handles.set(client, (await client.join('a')).handle)
  const push = (client: Client, ...refs: readonly number[]): void =>
    client.send(
      ...refs.map((ref) => ({ type: 'push' as const, handle: handles.get(client)!, ref, update: updateOf('a', ref) })),
    )
  push(ada, 1, 2, 3)
  expect(ada.socket.paused).toBe(false)
  push(ada, 4, 5)
  expect(ada.socket.paused).toBe(true)
  expect(await ada.socket.next('ack')).toMatchObject({ ref: 5 })
  expect(ada.socket.paused, 'also when all is settled').toBe(true)
  push(again, 11, 12)
  expect(again.socket.paused, 'six were the share of the subject').toBe(true)
  push(bob, 21)
  expect(bob.socket.paused).toBe(false)
  world.scheduler.advance(2000)
  expect([ada.socket.paused, again.socket.paused]).toEqual([false, false])
  expect(textOf((await bob.socket.next('updates')).update)).toBe('aaaaa')
})

test.each([
  ['a question for what is new', [0, 0, 1, 0]],
  ['a question for awareness', [3]],
  ['a stateless message', [5, 1, 104]],
])('%s counts as an update does', async (_, body) => {
  const world = new World({ updatesPerSecond: 1, updatesBurst: 2 })
  // Who comes after that enters at once.
  await world.connect('bob  a=write').join('a')
  const { socket, connection } = connectHocuspocus(world)
  connection.receive(auth('a', 'ada  a=write'))
  connection.receive(step1('a'))
  await settled()
  const send = (): void => connection.receive(Uint8Array.of(1, 97, ...body))
  send()
  send()
  expect(socket.paused).toBe(false)
  send()
  expect(socket.paused).toBe(true)
})

test('who rests goes on resting when what was pushed has settled', async () => {
  const world = new World({ updatesPerSecond: 1, updatesBurst: 1, unsettledBytesMax: 5000 })
  const client = world.connect('ada  a=write')
  const { handle } = await client.join('a')
  client.send(...[1, 2, 3].map((ref) => ({ type: 'push' as const, handle, ref, update: updateOf('a', ref) })))
  expect(await client.socket.next('ack')).toMatchObject({ ref: 3 })
  expect([client.connection.unsettledBytes, client.socket.paused]).toEqual([0, true])
  world.scheduler.advance(2000)
  expect(client.socket.paused).toBe(false)
})

test('what is found out about a room by an older token is of no interest any more', async () => {
  const asked: ((access: RoomAccess) => void)[] = []
  const world = new World({}, () => new Promise((resolve) => asked.push(resolve)))
  const client = world.connect('ada')
  client.ask('a')
  await settled()
  client.send({ type: 'token', token: 'ada 60000' })
  await settled()
  const [older, newer] = asked as [(access: RoomAccess) => void, (access: RoomAccess) => void]
  newer('read')
  expect(await client.socket.next('joined')).toMatchObject({ access: 'read' })
  older('write')
  await settled()
  expect(client.socket.messages.map(({ type }) => type)).not.toContain('evicted')
})

test('an address may have so many connections, but this machine any number', () => {
  const world = new World({ connectionsPerAddressMax: 2 })
  const accept = (address: string): HeldSocket => {
    const socket = new HeldSocket(address)
    const connection = world.core.accept(socket)
    if (connection !== undefined) connections.push(connection)
    return socket
  }
  const connections: Connection[] = []
  expect(['10.0.0.1', '10.0.0.1', '10.0.0.1', '10.0.0.2'].map((address) => accept(address).closed)).toEqual([
    undefined,
    undefined,
    1013,
    undefined,
  ])
  expect(world.core.measure().counters.limitHits.get('connectionsPerAddressMax')).toBe(1)
  connections.at(0)?.lost()
  expect(accept('10.0.0.1').closed).toBeUndefined()
  for (let count = 0; count < 5; count++) expect(accept('127.0.0.1').closed).toBeUndefined()
})

/** A frame of Hocuspocus that shows a token for a document of one letter. */
function auth(document: string, token: string): Uint8Array {
  const writer = new ByteWriter()
  writer.string(document)
  for (const tag of [2, 0]) writer.varUint(tag)
  writer.string(token)
  return writer.finish()
}

/** What the relay says about access on a socket of Hocuspocus, as text. */
function answers(socket: BytesSocket): string[] {
  return socket.frames.splice(0).flatMap((frame) => {
    const reader = new ByteReader(frame)
    const document = reader.string()
    if (reader.varUint() !== 2) return []
    const tag = reader.varUint()
    return [`${document} ${['wanted', 'denied', 'granted'][tag]}${tag === 2 ? ` ${reader.string()}` : ''}`]
  })
}

class BytesSocket extends HeldSocket {
  readonly frames: Uint8Array[] = []

  override send(frame: Uint8Array): void {
    this.frames.push(frame)
  }
}

function connectHocuspocus(world: World): { socket: BytesSocket; connection: Connection } {
  const socket = new BytesSocket()
  return { socket, connection: world.core.accept(socket, { endpoint: 'hocuspocus' })! }
}

test('each document of Hocuspocus has a token of its own, which is asked for and refreshed on its own', async () => {
  const world = new World({ reauthenticateLeadMs: 1000 })
  const { socket, connection } = connectHocuspocus(world)
  connection.receive(auth('a', 'ada 5000 a=write'))
  connection.receive(auth('b', 'ada 60000 b=read'))
  connection.receive(auth('c', 'ada 60000 b=read'))
  connection.receive(auth('d', 'bad'))
  await settled()
  expect(answers(socket)).toEqual(['d denied', 'a granted read-write', 'b granted readonly', 'c denied'])
  world.scheduler.advance(4000)
  expect(answers(socket)).toEqual(['a wanted'])
  connection.receive(auth('a', 'ada 60000 a=write'))
  connection.receive(auth('c', 'ada 60000 c=write'))
  connection.receive(auth('d', 'ada 60000 d=write'))
  await settled()
  expect(answers(socket).sort()).toEqual(['a granted read-write', 'c granted read-write', 'd granted read-write'])
  world.scheduler.advance(5000)
  expect(socket.closed).toBeUndefined()
  connection.receive(auth('a', 'ada 60000 a=read'))
  await settled()
  expect(socket.closed).toBe(4205)
})

test('a document of Hocuspocus whose fresh token is bad, or whose token has run out, costs the connection', async () => {
  const world = new World()
  const [bad, late] = [connectHocuspocus(world), connectHocuspocus(world)]
  for (const { connection } of [bad, late]) {
    connection.receive(auth('a', 'ada 5000 a=write'))
    connection.receive(Uint8Array.of(1, 97, 0, 0, 1, 0))
  }
  await settled()
  bad.connection.receive(auth('a', 'bad'))
  await settled()
  expect([bad.socket.closed, late.socket.closed]).toEqual([4401, undefined])
  world.scheduler.advance(5000)
  expect(late.socket.closed).toBe(4401)
})

test('a fresh token of a document that cannot be judged now changes nothing yet: the old one counts until it runs out', async () => {
  const world = new World({ reauthenticateLeadMs: 2000 })
  const { socket, connection } = connectHocuspocus(world)
  connection.receive(auth('a', 'ada 10000 a=write'))
  connection.receive(step1('a'))
  await settled()
  expect(answers(socket)).toEqual(['a granted read-write'])
  world.failing = new AuthError('unavailable', 'no keys')
  connection.receive(auth('a', 'ada 99999 a=write'))
  await settled()
  expect(socket.closed).toBeUndefined()
  connection.receive(frameOfUpdate('a', updateOf('b', 9)))
  const isStored = (frame: Uint8Array): boolean => frame.at(-2) === 8 && frame.at(-1) === 1
  while (!socket.frames.some(isStored)) await new Promise((resolve) => setImmediate(resolve))
  world.failing = undefined
  connection.receive(auth('a', 'ada 20000 a=write'))
  await settled()
  expect(answers(socket)).toEqual(['a granted read-write'])
  world.scheduler.advance(15_000)
  expect(socket.closed).toBeUndefined()
  world.failing = new AuthError('unavailable', 'no keys')
  connection.receive(auth('a', 'ada 99999 a=write'))
  await settled()
  world.scheduler.advance(5000)
  expect(socket.closed).toBe(4401)
})

test('while the hook fails, a document is what it was', async () => {
  let access: RoomAccess | Error = 'write'
  const world = new World({}, () => {
    if (access instanceof Error) throw access
    return access
  })
  const { socket, connection } = connectHocuspocus(world)
  connection.receive(auth('a', 'ada'))
  connection.receive(step1('a'))
  await settled()
  access = new Error('no answer')
  connection.receive(auth('a', 'ada 1'))
  await settled()
  expect(socket.closed).toBeUndefined()
  access = 'read'
  connection.receive(auth('a', 'ada 2'))
  await settled()
  expect(socket.closed).toBe(4205)
})

test('the first token of a document that cannot be judged now ends the connection, and may be tried again', async () => {
  const world = new World()
  world.failing = new AuthError('unavailable', 'no keys')
  const { socket, connection } = connectHocuspocus(world)
  connection.receive(auth('a', 'ada 10000 a=write'))
  await settled()
  expect(socket.closed).toBe(1013)
})

/** Step 1 of a replica that has nothing, for a document of one letter. */
function step1(document: string): Uint8Array {
  const writer = new ByteWriter()
  writer.string(document)
  for (const tag of [0, 0]) writer.varUint(tag)
  writer.lengthPrefixed(noStateVector)
  return writer.finish()
}

test('a document that was open to a token is entered by nobody once the token has run out', async () => {
  const world = new World()
  const { socket, connection } = connectHocuspocus(world)
  connection.receive(auth('a', 'ada 5000 a=write'))
  await settled()
  expect(answers(socket)).toEqual(['a granted read-write'])
  world.scheduler.advance(5000)
  connection.receive(step1('a'))
  await settled()
  expect(world.core.membersOf('a')).toBe(0)
  expect(socket.closed).toBe(4401)
})

test('a document whose token came to nothing hides nobody: neither from the operator nor from the rates', async () => {
  const world = new World({ updatesPerSecond: 1, updatesBurst: 3, subjectShares: 1 })
  const ada = world.connect('ada  a=write')
  const { handle } = await ada.join('a')
  const { socket, connection } = connectHocuspocus(world)
  connection.receive(auth('x', ''))
  await settled()
  connection.receive(auth('a', 'ada  a=write'))
  connection.receive(step1('a'))
  await settled()
  expect(answers(socket)).toEqual(['x denied', 'a granted read-write'])
  ada.send(...[1, 2, 3].map((ref) => ({ type: 'push' as const, handle, ref, update: updateOf('a', ref) })))
  expect([ada.socket.paused, socket.paused]).toEqual([false, false])
  connection.receive(frameOfUpdate('a', updateOf('b', 9)))
  expect(socket.paused, 'three were the share of the subject').toBe(true)
  expect(world.core.expelSubject('ada')).toBe(2)
  expect(socket.closed).toBe(4401)
})

function frameOfUpdate(document: string, update: Uint8Array): Uint8Array {
  const writer = new ByteWriter()
  writer.string(document)
  for (const tag of [0, 2]) writer.varUint(tag)
  writer.lengthPrefixed(update)
  return writer.finish()
}

test('a stranger that shows many tokens has few of them looked at: the last one among them', async () => {
  const world = new World()
  const client = world.connect('ada 60000 a=write')
  const before = world.authentications
  client.send(
    ...Array.from({ length: 1000 }, (_, n) => ({ type: 'token' as const, token: `ada ${60000 + n} a=write` })),
  )
  client.send({ type: 'token', token: 'ada 60000 b=write' })
  expect(await client.join('b')).toMatchObject({ access: 'write' })
  expect(world.authentications - before).toBeLessThan(10)
})
test('a client that is not listened to is not taken for dead, nor one whose frame is still on its way', async () => {
  const world = new World({ heartbeatMs: 1000, updatesPerSecond: 1, updatesBurst: 1, subjectShares: 9 })
  const [resting, sending, silent] = ['ada  a=write', 'bob  a=write', 'eve  a=write'].map((token) =>
    world.connect(token),
  ) as [Client, Client, Client]
  const { handle } = await resting.join('a')
  for (const client of [sending, silent]) await client.join('a')
  resting.send(
    ...[1, 2, 3, 4, 5, 6, 7].map((ref) => ({ type: 'push' as const, handle, ref, update: updateOf('a', ref) })),
  )
  expect(resting.socket.paused).toBe(true)
  for (let second = 0; second < 5; second++) {
    sending.socket.receivedBytes += 1000
    world.scheduler.advance(1000)
  }
  expect([resting, sending, silent].map(({ socket }) => socket.closed)).toEqual([undefined, undefined, 4408])
})
