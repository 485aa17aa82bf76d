import { afterEach, describe, expect, test } from 'vitest'
import { applyUpdate, Doc } from 'yjs'
import { SynclineError } from '../errors.ts'
import { Syncline } from '../syncline.ts'
import { NotReachedError } from './manual-clock.ts'
import { Simulation, type SimulationOptions, type Visit } from './simulation.ts'
import { written } from './relay.contract.ts'

const opened: { readonly client: Syncline; readonly visit: Visit; readonly simulation: Simulation }[] = []

afterEach(async () => {
  for (const { client, simulation } of opened.splice(0)) {
    const closing = client.close()
    await simulation.clock.until(closing).catch(() => undefined)
    await simulation.close()
  }
})

function open(simulation: Simulation, device: string, options: object = {}): { client: Syncline; visit: Visit } {
  const visit = simulation.visit(device)
  const client = new Syncline({ ...visit.options, ...options })
  opened.push({ client, visit, simulation })
  return { client, visit }
}

function textAt(simulation: Simulation, room: string): string {
  const doc = new Doc()
  applyUpdate(doc, simulation.relay.content(room))
  return doc.getText('text').toJSON()
}

describe('a simulation', () => {
  test('two devices that edit offline agree once they are online', async () => {
    const simulation = new Simulation({ latencyMs: 40 })
    const ada = open(simulation, 'laptop').client.room('notes')
    const ben = open(simulation, 'phone').client.room('notes')
    await simulation.clock.until(Promise.all([ada.open(), ben.open()]))
    simulation.offline('laptop')
    ada.doc.getText('text').insert(0, 'ada')
    ben.doc.getText('text').insert(0, 'ben')
    await simulation.clock.until(ben.whenAcked())
    await simulation.clock.advance(300_000)
    expect(ada.status.latestEdit).toBe('device')
    expect(ben.doc.getText('text').toJSON()).toBe('ben')
    simulation.online('laptop')
    await simulation.clock.until(ada.whenAcked())
    await simulation.clock.until(() => ben.doc.getText('text').length === 6)
    expect(ada.doc.getText('text').toJSON()).toBe(ben.doc.getText('text').toJSON())
    expect(textAt(simulation, 'notes')).toBe(ada.doc.getText('text').toJSON())
  })

  test('the next visit finds what a page that crashed had stored, and pushes it', async () => {
    const simulation = new Simulation()
    const first = open(simulation, 'laptop')
    simulation.offline('laptop')
    const room = first.client.room('notes')
    room.doc.getText('text').insert(0, 'kept')
    await simulation.clock.until(room.whenStored())
    first.visit.crash()
    simulation.online('laptop')
    const second = open(simulation, 'laptop')
    second.client.open()
    await simulation.clock.until(() => textAt(simulation, 'notes') === 'kept')
  })

  test('a page that crashes in the middle of a transaction leaves it whole, or not at all', async () => {
    for (const transactionsKept of [0, Number.POSITIVE_INFINITY]) {
      const simulation = new Simulation({ storeMs: 10 })
      const first = open(simulation, 'laptop')
      const room = first.client.room('notes')
      await simulation.clock.until(room.open())
      room.doc.getText('text').insert(0, 'late')
      await simulation.clock.settle()
      first.visit.crash({ transactionsKept })
      await simulation.clock.advance(1_000)
      const again = open(simulation, 'laptop').client.room('notes')
      await simulation.clock.until(again.open())
      expect(again.doc.getText('text').toJSON()).toBe(transactionsKept === 0 ? '' : 'late')
    }
  })

  test('the next tab takes over when the one with the connection crashes', async () => {
    const simulation = new Simulation()
    const first = open(simulation, 'laptop')
    const second = open(simulation, 'laptop')
    first.client.open()
    second.client.open()
    await simulation.clock.advance(100)
    expect([first.client.status.owner, second.client.status.owner]).toEqual([true, false])
    const room = second.client.room('notes')
    await simulation.clock.until(room.open())
    first.visit.crash()
    room.doc.getText('text').insert(0, 'mine')
    await simulation.clock.until(room.whenAcked())
    expect(second.client.status.owner).toBe(true)
  })

  test('an edit is not safe before the relay has flushed it, and a crash of the relay loses nothing that was', async () => {
    const simulation = new Simulation()
    const room = open(simulation, 'laptop').client.room('notes')
    await simulation.clock.until(room.open())
    simulation.relay.holdFlushes()
    room.doc.getText('text').insert(0, 'held')
    await simulation.clock.advance(5_000)
    expect(room.status.latestEdit).toBe('device')
    simulation.relay.restart()
    simulation.relay.releaseFlushes()
    await simulation.clock.until(room.whenAcked())
    simulation.relay.restart()
    expect(textAt(simulation, 'notes')).toBe('held')
  })

  test('a relay that lost its disk is filled again', async () => {
    const simulation = new Simulation()
    const room = open(simulation, 'laptop').client.room('notes')
    room.doc.getText('text').insert(0, 'safe')
    await simulation.clock.until(room.whenAcked())
    simulation.relay.wipe()
    expect(textAt(simulation, 'notes')).toBe('')
    await simulation.clock.until(() => textAt(simulation, 'notes') === 'safe')
  })

  test('a full disk of the relay holds edits up, and a full device says so', async () => {
    const simulation = new Simulation()
    const room = open(simulation, 'laptop').client.room('notes')
    await simulation.clock.until(room.open())
    simulation.relay.failFlushes(2)
    simulation.device('laptop').failWrites('store-full')
    room.doc.getText('text').insert(0, 'kept')
    await simulation.clock.advance(100)
    expect(room.status.store).toMatchObject({ state: 'memory-only', error: { code: 'store-full' } })
    await simulation.clock.until(room.whenAcked())
    simulation.device('laptop').heal()
    await simulation.clock.until(() => room.status.store.state === 'durable')
  })

  test('who may only read is told, and an edit that the relay refuses is kept apart', async () => {
    const simulation = new Simulation({
      access: (_room, client) => (client.startsWith('guest') ? 'read' : 'write'),
      refuses: (room) => (room === 'closed' ? { code: 'foreign-client-id', retryable: false } : undefined),
    })
    const guest = open(simulation, 'guest').client.room('notes')
    await simulation.clock.until(guest.open())
    await simulation.clock.until(() => guest.status.access === 'read')
    const room = open(simulation, 'laptop').client.room('closed')
    room.doc.getText('text').insert(0, 'no')
    await expect(simulation.clock.until(room.whenAcked())).rejects.toMatchObject({ code: 'rejected' })
    expect(room.status.rejected).toBe(1)
    expect(await simulation.clock.until(room.exportRejected())).toHaveLength(1)
  })

  test('access that is taken away puts a client out, and a token that runs out is replaced', async () => {
    let access: 'write' | 'none' = 'write'
    let good = 'first'
    const simulation = new Simulation({ access: () => access, accepts: (token) => token === good })
    const room = open(simulation, 'laptop', { token: async () => good }).client.room('notes')
    await simulation.clock.until(room.open())
    await simulation.clock.until(() => room.status.sync === 'live')
    good = 'second'
    simulation.relay.judgeAll()
    await simulation.clock.until(() => room.status.sync !== 'live')
    await simulation.clock.until(() => room.status.sync === 'live')
    access = 'none'
    simulation.relay.judgeAll()
    await simulation.clock.until(() => room.status.sync === 'refused')
    expect(room.status.lastError).toMatchObject({ code: 'refused', wireCode: 'forbidden' })
  })

  test('somebody else may write, and contradict', async () => {
    const simulation = new Simulation()
    const room = open(simulation, 'laptop').client.room('notes')
    await simulation.clock.until(room.open())
    await simulation.clock.until(simulation.relay.write('notes', written(7, 'elsewhere')))
    await simulation.clock.until(() => room.doc.getText('text').toJSON() === 'elsewhere')
    const forged = simulation.relay.write('notes', written(7, 'other'))
    const refused = simulation.clock.until(forged)
    await expect(refused).rejects.toBeInstanceOf(SynclineError)
    await expect(refused).rejects.toMatchObject({ wireCode: 'conflicting-update' })
  })

  test('the same seed and the same test are the same run', async () => {
    const run = async (options: SimulationOptions): Promise<readonly string[]> => {
      let frames = 0
      const simulation = new Simulation({ ...options, latencyMs: () => (frames += 1) % 7 })
      const told: string[] = []
      const ids = [3, 4]
      for (const device of ['laptop', 'phone']) {
        const createDoc = (): Doc => Object.assign(new Doc(), { clientID: ids.shift()! })
        const room = open(simulation, device, { createDoc }).client.room('notes')
        room.subscribe(({ latestEdit, sync }) => told.push(`${simulation.clock.now()} ${device} ${latestEdit} ${sync}`))
        room.doc.getText('text').insert(0, device)
        void room.open()
      }
      simulation.cut('phone', 'nobody')
      await simulation.clock.advance(100_000)
      simulation.cut('laptop')
      await simulation.clock.advance(100_000)
      return [...told, textAt(simulation, 'notes')]
    }
    const first = await run({ seed: 5 })
    expect(await run({ seed: 5 })).toEqual(first)
    expect(await run({ seed: 6 })).not.toEqual(first)
  })
})

test('what does not happen in time is an error of the clock, which has moved on', async () => {
  const { clock } = new Simulation()
  const before = clock.now()
  await expect(clock.until(() => false, 5_000)).rejects.toBeInstanceOf(NotReachedError)
  await expect(clock.until(new Promise(() => {}), 5_000)).rejects.toMatchObject({
    code: 'not-reached',
    withinMs: 5_000,
  })
  expect(clock.now()).toBe(before + 10_000)
})
