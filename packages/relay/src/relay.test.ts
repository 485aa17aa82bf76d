import { afterEach, expect, test } from 'vitest'
import { MemoryLog } from './log/memory-log.ts'
import { RelayClient, textOf, updateOf } from './relay-client.fixture.ts'
import { createRelay, type Relay } from './relay.ts'

const relays: Relay[] = []
afterEach(async () => {
  for (const relay of relays.splice(0)) await relay.close()
})

async function openRelay(): Promise<Relay> {
  const relay = createRelay({ log: new MemoryLog(), port: 0, onEvent: () => {} })
  relays.push(relay)
  await relay.open()
  return relay
}

test('what one member pushes is acknowledged, and reaches the other members and those who join later', async () => {
  const { url } = await openRelay()
  const [ada, bob] = await Promise.all([RelayClient.open(url), RelayClient.open(url)])
  const { handle } = await ada.join('room')
  await bob.join('room')
  const update = updateOf('hello')
  const position = await ada.push(handle, 1, update)
  expect(position.seq).toBe(1)
  expect(textOf(...(await bob.updatesTo(1)))).toBe('hello')

  const late = await RelayClient.open(url)
  const joined = await late.join('room')
  expect(joined).toMatchObject({ resumed: false, position, access: 'write' })
  expect(textOf(...(await late.updatesTo(1)))).toBe('hello')
})
