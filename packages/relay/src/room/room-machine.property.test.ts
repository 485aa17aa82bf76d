import { UpdateStore, mergeUpdates } from '@syncline/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RoomWorld, type WorldClient } from './room-world.fixture.ts'

const CLIENTS = 3

/**
 * One step of the world: what happens, to whom, and a number to choose by. Weighted towards what moves the world on.
 */
const step = fc.record({
  action: fc.oneof(
    { weight: 6, arbitrary: fc.constant('edit' as const) },
    { weight: 5, arbitrary: fc.constantFrom('flush', 'answer', 'read', 'scan', 'inspect') },
    { weight: 3, arbitrary: fc.constantFrom('join', 'drain', 'fold') },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        'leave',
        'slow',
        'nothing',
        'garbage',
        'failFlush',
        'failRead',
        'failFold',
        'failScan',
        'failInspect',
      ),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom('echo', 'forgery', 'twins'),
    },
  ),
  client: fc.nat(CLIENTS - 1),
  choice: fc.nat(1000),
})

function perform(world: RoomWorld, action: string, client: WorldClient, choice: number): void {
  switch (action) {
    case 'edit':
      return world.edit(client, choice)
    case 'flush':
      return world.flush(true)
    case 'answer':
      return world.answer(choice)
    case 'read':
      return world.read(choice, true)
    case 'join':
      return world.join(client)
    case 'drain':
      return world.drainSocket(client)
    case 'fold':
      return world.fold(true)
    case 'leave':
      return world.leave(client)
    case 'slow':
      return world.fillSocket(client)
    case 'nothing':
      return world.pushNothing(client)
    case 'garbage':
      return world.pushGarbage(client)
    case 'failFlush':
      return world.flush(false)
    case 'failRead':
      return world.read(choice, false)
    case 'failFold':
      return world.fold(false)
    case 'scan':
      return world.scan(true)
    case 'failScan':
      return world.scan(false)
    case 'inspect':
      return world.inspect(choice, true)
    case 'failInspect':
      return world.inspect(choice, false)
    case 'echo':
      return world.pushEcho(client, choice)
    case 'forgery':
      return world.pushForgery(client, choice)
    case 'twins':
      return world.pushTwins(client, world.clients.at((client.name + 1) % CLIENTS)!)
    default:
      return expect.fail(action)
  }
}

const numRuns = Number(process.env['SYNCLINE_RUNS'] ?? 100)

test(
  'whatever happens, acks follow the log, positions keep their promise, and in the end everybody has everything',
  { timeout: 120_000 },
  () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
        const world = new RoomWorld(CLIENTS)
        world.open()
        for (const client of world.clients) world.join(client)
        for (const { action, client, choice } of steps) perform(world, action, world.clients.at(client)!, choice)
        world.heal()
        // Rejected pushes are the client's to repeat: a new membership pushes what is left.
        for (const client of world.clients) world.leave(client)
        world.heal()

        expect(world.machine.head).toEqual(world.logHead)
        expect(world.machine.heldBytes).toBe(0)
        // No unit has two contents.
        const truth = UpdateStore.of(world.entries).encode()
        const texts = world.clients.map(({ doc }) => doc.getText('body').toJSON())
        for (const client of world.clients) {
          expect(client.unacknowledged).toEqual([])
          expect(client.position?.seq ?? 0).toBe(world.entries.length)
          expect(Buffer.from(mergeUpdates([truth, ...client.received])).equals(truth)).toBe(true)
          expect(texts[client.name]).toBe(texts[0])
        }
      }),
      { numRuns },
    )
  },
)
