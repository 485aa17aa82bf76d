import { describe, expect, test } from 'vitest'
import { device, letters, text, type, worldOfEachTest, type World } from './client.fixture.ts'
import { ClientLimits } from './limits.ts'

let world: World

worldOfEachTest((created) => {
  world = created
})

describe('a relay that lost data, or refuses', () => {
  test('refills a relay that lost its disk, also after a reload', async () => {
    const { store } = device()
    const first = world.visit(store())
    const room = first.room('a')
    await room.loaded
    type(room, 'one ')
    await room.whenAcked()
    await first.close()
    world.relay.wipe()

    const again = world.visit(store()).room('a')
    type(again, 'two')
    await again.whenAcked()
    await world.rest()
    expect(letters(world.textAtRelay())).toBe(letters('one two'))
  })

  test('refills a relay that was restored from an older copy, while others wrote to it', async () => {
    const [a, b] = [world.visit().room('a'), world.visit().room('a')]
    await Promise.all([a.loaded, b.loaded])
    for (let round = 0; round < 6; round += 1) {
      type(a, `${round}`)
      await a.whenAcked()
    }
    await world.rest()
    world.relay.wipe(2)
    type(b, 'b')
    await world.scheduler.advance(ClientLimits.reconnectMaxMs)
    expect(world.textAtRelay()).toBe('012345b')
    expect(text(a)).toBe('012345b')
  })

  test('a crash in the middle of a refill does not hide the loss', async () => {
    const { store } = device()
    const first = world.visit(store())
    const room = first.room('a')
    await room.loaded
    type(room, 'precious')
    await room.whenAcked()
    await first.close()
    world.relay.wipe()

    // Another device fills the new log meanwhile, so that there is something to resume from.
    const other = world.visit().room('a')
    await other.loaded
    type(other, '!')
    await other.whenAcked()

    world.relay.holding = true
    const crashed = world.visit(store()).room('a')
    await crashed.loaded
    await world.rest()
    expect(text(crashed)).toContain('!')
    world.relay.cut()
    world.relay.holding = false
    world.relay.reachable = false

    world.relay.reachable = true
    const again = world.visit(store()).room('a')
    await again.loaded
    await world.rest()
    expect(world.textAtRelay()).toContain('precious')
  })

  test('finds out that the relay lost an acknowledged edit, even if what others wrote before it had not arrived', async () => {
    const { store } = device()
    const room = world.visit(store()).room('a')
    const other = world.visit().room('a')
    await Promise.all([room.loaded, other.loaded])
    await world.rest()
    world.relay.setLagging(true)
    type(other, 'other')
    await other.whenAcked()
    type(room, 'mine')
    await room.whenAcked()
    // The acknowledged place is 2, but only the place 0 has arrived, and 0 is a place in every log.
    world.relay.wipe()
    world.relay.setLagging(false)
    await world.scheduler.advance(ClientLimits.reconnectMaxMs)
    expect(world.textAtRelay()).toContain('mine')
    expect(world.textAtRelay()).toContain('other')
    expect(room.status).toMatchObject({ latestEdit: 'relay', unacked: 0 })
  })

  test('tries again what the relay could not take, and keeps it meanwhile', async () => {
    world.relay.rejectPush = () => ({ code: 'log-unavailable', retryable: true })
    const room = world.visit().room('a')
    await room.loaded
    type(room, 'x')
    await world.rest()
    expect(room.status).toMatchObject({ latestEdit: 'device', unacked: 1, rejected: 0 })
    expect(room.status.lastError).toMatchObject({ code: 'rejected', wireCode: 'log-unavailable', retryable: true })
    const acked = room.whenAcked()
    world.relay.rejectPush = undefined
    await world.scheduler.advance(ClientLimits.retryMaxMs)
    await acked
    expect(room.status).toMatchObject({ latestEdit: 'relay', unacked: 0, lastError: undefined })
  })

  test('who waits for an edit from the moment that it is made hears that it was refused', async () => {
    world.relay.rejectPush = () => ({ code: 'malformed-update', retryable: false })
    const room = world.visit().room('a')
    await room.loaded
    type(room, 'x')
    const acked = room.whenAcked()
    await expect(acked).rejects.toMatchObject({ code: 'rejected' })
  })

  test('isolates the edit that the relay refuses for good: the others arrive, it is kept and can be exported', async () => {
    const { store } = device()
    const sync = world.visit(store())
    const room = sync.room('a')
    await room.loaded
    sync.disconnect()
    for (const word of ['one ', 'BAD ', 'two ']) {
      room.doc.getMap('words').set(word, true)
      await world.rest()
    }
    world.relay.rejectPush = (update) =>
      new TextDecoder().decode(update).includes('BAD') ? { code: 'malformed-update', retryable: false } : undefined
    const acked = room.whenAcked()
    sync.connect()
    await expect(acked).rejects.toMatchObject({ code: 'rejected' })
    await world.rest()
    expect(room.status).toMatchObject({ unacked: 0, rejected: 1 })
    const [exported, ...more] = await room.exportRejected()
    expect(more).toEqual([])
    expect(exported).toMatchObject({ ref: 2, code: 'malformed-update' })
    expect(new TextDecoder().decode(exported?.update)).toContain('BAD')
    const content = new TextDecoder().decode(world.relay.content('a'))
    expect(content).toContain('one')
    expect(content).not.toContain('BAD')
    await sync.close()

    // After a reload it is still part of the document here, and is not pushed again.
    world.relay.received.length = 0
    const again = world.visit(store()).room('a')
    await again.loaded
    await world.rest()
    expect(again.doc.getMap('words').has('BAD ')).toBe(true)
    expect(again.status.rejected).toBe(1)
    expect(world.relay.received.filter(({ type: sent }) => sent === 'push')).toEqual([])
    // An edit of today is not blamed for it.
    again.doc.getMap('words').set('three', true)
    await again.whenAcked()
  })

  test('cuts what is too large for the relay in one push', async () => {
    world.relay.updateBytesMax = 2_000
    const sync = world.visit()
    const room = sync.room('a')
    await room.loaded
    sync.disconnect()
    const shared = room.doc.getText('text')
    for (let word = 0; word < 100; word += 1) room.doc.transact(() => shared.insert(0, `${word} `.repeat(20)))
    await room.whenStored()
    sync.connect()
    await room.whenAcked()
    expect(world.textAtRelay()).toBe(text(room))
  })

  test('rejects here what cannot be cut, without sending it', async () => {
    world.relay.updateBytesMax = 500
    const room = world.visit().room('a')
    await room.loaded
    type(room, 'x'.repeat(1000))
    await expect(room.whenAcked()).rejects.toMatchObject({ code: 'rejected' })
    expect(room.status).toMatchObject({ rejected: 1, unacked: 0 })
    expect(world.relay.received.filter(({ type: sent }) => sent === 'push')).toEqual([])
  })

  test('keeps its edits where it may only read', async () => {
    world.relay.access = 'read'
    const room = world.visit().room('a')
    await room.loaded
    type(room, 'x')
    await world.rest()
    expect(room.status).toMatchObject({ access: 'read', latestEdit: 'device', unacked: 1, rejected: 0 })
    expect(world.relay.received.filter(({ type: sent }) => sent === 'push')).toEqual([])
    world.relay.access = 'write'
    world.relay.cut()
    await world.scheduler.advance(ClientLimits.reconnectMaxMs)
    expect(room.status).toMatchObject({ access: 'write', latestEdit: 'relay', unacked: 0 })
  })

  test('says that the relay does not let it in, and asks again when that may change', async () => {
    world.relay.refuseJoin = () => ({ code: 'forbidden', retryable: false })
    const room = world.visit().room('a')
    await room.loaded
    await world.rest()
    expect(room.status.sync).toBe('refused')
    expect(room.status.lastError).toMatchObject({ code: 'refused', wireCode: 'forbidden' })
    world.relay.refuseJoin = undefined
    world.relay.cut()
    await world.scheduler.advance(ClientLimits.reconnectMaxMs)
    expect(room.status).toMatchObject({ sync: 'live', lastError: undefined })
  })

  test('asks again by itself when the relay refused it for now', async () => {
    world.relay.refuseJoin = () => ({ code: 'log-unavailable', retryable: true })
    const room = world.visit().room('a')
    await room.loaded
    await world.rest()
    expect(room.status.sync).toBe('refused')
    world.relay.refuseJoin = undefined
    await world.scheduler.advance(ClientLimits.retryMaxMs)
    expect(room.status).toMatchObject({ sync: 'live', lastError: undefined })
  })
})

test('a room that a token did not open is joined again with a fresh one, whether it is open or only waits to be pushed', async () => {
  let token = 'old'
  world.relay.refuseJoin = () => (token === 'old' ? { code: 'forbidden', retryable: false } : undefined)
  const sync = world.visit(undefined, { token: () => token })
  const [open, closed] = [sync.room('open'), sync.room('closed')]
  for (const room of [open, closed]) {
    await room.loaded
    type(room, 'mine')
    await room.whenStored()
  }
  await world.rest()
  await closed.close()
  await world.rest()
  expect(open.status).toMatchObject({ sync: 'refused', lastError: { wireCode: 'forbidden', retryable: false } })
  const joins = (): number => world.relay.received.filter((message) => message.type === 'join').length
  const before = joins()
  const reauthenticate = (): void => {
    for (const member of world.relay.members) {
      member.tell({ type: 'reauthenticate', reason: 'expires', deadlineMs: 1000 })
    }
  }
  reauthenticate()
  await world.rest()
  expect(joins(), 'another token that does not open it').toBe(before + 2)
  expect(open.status.sync).toBe('refused')
  token = 'fresh'
  reauthenticate()
  await world.rest()
  expect(open.status).toMatchObject({ sync: 'live', lastError: undefined })
  for (const room of ['open', 'closed']) expect(world.textAtRelay(room)).toBe('mine')
  expect(sync.status.pendingRooms).toEqual([])
  const settled = joins()
  reauthenticate()
  await world.rest()
  expect(joins(), 'a room that is live is left alone').toBe(settled)
})

test('a room that was refused for another reason than the token is not asked for again with a fresh one', async () => {
  world.relay.refuseJoin = () => ({ code: 'invalid-room-name', retryable: false })
  const room = world.visit(undefined, { token: () => 'any' }).room('a')
  await room.loaded
  await world.rest()
  const joins = (): number => world.relay.received.filter((message) => message.type === 'join').length
  expect([room.status.sync, joins()]).toEqual(['refused', 1])
  for (const member of world.relay.members) {
    member.tell({ type: 'reauthenticate', reason: 'expires', deadlineMs: 1000 })
  }
  await world.rest()
  expect(joins()).toBe(1)
})

test('a refusal that crosses a fresh token is not the last word', async () => {
  const sync = world.visit(undefined, { token: () => 'fresh' })
  const room = sync.room('a')
  await room.loaded
  world.relay.cut()
  world.relay.holdingJoins = true
  await world.scheduler.advance(ClientLimits.reconnectMaxMs)
  const join = world.relay.received.findLast((message) => message.type === 'join')!
  for (const member of world.relay.members) {
    member.tell({ type: 'reauthenticate', reason: 'expires', deadlineMs: 1000 })
  }
  await world.rest()
  world.relay.dropJoins()
  world.relay.holdingJoins = false
  for (const member of world.relay.members) {
    member.tell({ type: 'refused', request: join.request, code: 'forbidden', retryable: false, message: 'no' })
  }
  await world.rest()
  expect(room.status.sync).toBe('live')
})
