/**
 * A client that stops to read, at every endpoint: it costs the relay a bounded queue, nobody else anything, and itself
 * nothing that was stored.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeAwareness } from '@syncline/protocol'
import { afterEach, expect, test } from 'vitest'
import { EndpointClient, endpoints } from '../endpoint-client.fixture.ts'
import type { RelayLimits } from '../limits.ts'
import { MemoryLog } from '../log/memory-log.ts'
import { createRelay, type Relay } from '../relay.ts'

const KiB = 1024
const SOFT_BYTES = 256 * KiB
const CHUNK_BYTES = 256 * KiB

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function openRelay(limits: Partial<RelayLimits>): Promise<Relay> {
  const relay = createRelay({
    log: new MemoryLog(),
    port: 0,
    onEvent: () => {},
    limits: { outboxSoftBytes: SOFT_BYTES, tickMs: 10, ...limits },
  })
  await relay.open()
  closing.push(() => relay.close({ deadlineMs: 1000 }))
  return relay
}

async function metric(relay: Relay, name: string): Promise<number> {
  return Number(new RegExp(`^syncline_${name} (\\d+)$`, 'm').exec(await relay.metrics())?.[1])
}

async function join(endpoint: (typeof endpoints)[number], relay: Relay, room: string): Promise<EndpointClient> {
  const client = await EndpointClient.joined(endpoint, relay.url, room)
  closing.push(() => client.socket.terminate())
  return client
}

/** Writes until the network has taken all that it takes for a reader that does not read. Returns the largest queue. */
async function fill(relay: Relay, writer: EndpointClient, isFull: () => Promise<boolean>): Promise<number> {
  let peakBytes = 0
  while (!(await isFull())) {
    writer.type('x'.repeat(CHUNK_BYTES))
    await writer.until(() => writer.durableText === writer.text)
    peakBytes = Math.max(peakBytes, await metric(relay, 'outbox_bytes'))
  }
  return peakBytes
}

test.each(endpoints)(
  'a reader at %s that lags is caught up by a merge, and awareness is what it does not get',
  { timeout: 60_000 },
  async (endpoint) => {
    const relay = await openRelay({})
    const writer = await join('sync', relay, 'r')
    const healthy = await join('y', relay, 'r')
    const slow = await join(endpoint, relay, 'r')
    slow.socket.pause()
    const peakBytes = await fill(relay, writer, async () => (await metric(relay, 'members_behind')) === 1)
    // What made it slow may go beyond the bound, by the update that did so; frames for others come and go.
    expect(peakBytes).toBeLessThanOrEqual(SOFT_BYTES + 2 * CHUNK_BYTES)
    await healthy.until(() => healthy.text === writer.text)
    // The slow one was sent as many, which wait on its side of the network.
    const framesBefore = healthy.updateFrames
    const awarenessBefore = slow.awarenessFrames
    for (let count = 0; count < 20; count++) {
      writer.type(`<${count}>`)
      await healthy.until(() => healthy.text === writer.text)
      writer.announce(
        encodeAwareness([{ clientID: 5, clock: count + 1, state: JSON.stringify('s'.repeat(10 * KiB) + count) }]),
      )
    }
    await healthy.until(() => healthy.text === writer.text && healthy.awarenessFrames >= 20)
    expect(await metric(relay, 'outbox_bytes')).toBeLessThanOrEqual(SOFT_BYTES + 2 * CHUNK_BYTES)
    expect(healthy.updateFrames).toBeGreaterThanOrEqual(framesBefore + 20)
    slow.socket.resume()
    await slow.until(() => slow.text === writer.text && slow.awarenessFrames > awarenessBefore)
    expect(slow.updateFrames).toBeLessThanOrEqual(framesBefore + 3)
    // The states of the moment when it had drained, and no others.
    expect(slow.awarenessFrames - awarenessBefore).toBeLessThanOrEqual(3)
    expect(await metric(relay, 'members_behind')).toBe(0)
    expect([slow.closed, healthy.closed]).toEqual([undefined, undefined])
  },
)

test.each([
  ['sync', 4409],
  ['y', 1013],
  ['hocuspocus', 4409],
] as const)(
  'a reader at %s that lags for too long is disconnected, and converges when it comes back',
  { timeout: 60_000 },
  async (endpoint, code) => {
    const relay = await openRelay({ drainTimeoutMs: 200 })
    const writer = await join('sync', relay, 'r')
    const slow = await join(endpoint, relay, 'r')
    slow.socket.pause()
    const ended = (): Promise<number> => metric(relay, `connections_ended_total\\{code="${code}"\\}`)
    await fill(relay, writer, async () => (await metric(relay, 'members_behind')) === 1 || (await ended()) === 1)
    while ((await ended()) !== 1) await sleep(5)
    writer.type('after')
    await writer.until(() => writer.durableText === writer.text)
    slow.socket.resume()
    expect(await slow.ended()).toBe(code)
    expect(slow.text).not.toBe(writer.text)
    const again = await EndpointClient.joined(endpoint, relay.url, 'r', { doc: slow.doc })
    closing.push(() => again.socket.terminate())
    await again.until(() => again.text === writer.text)
    again.type('!')
    await writer.until(() => writer.text.endsWith('after!'))
  },
)
