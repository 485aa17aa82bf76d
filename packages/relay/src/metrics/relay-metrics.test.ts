import { afterEach, expect, test } from 'vitest'
import { FaultyLog } from '../log/faulty-log.ts'
import { MemoryLog } from '../log/memory-log.ts'
import { RelayClient, updateOf } from '../relay-client.fixture.ts'
import { createRelay, type Relay, type RelayOptions } from '../relay.ts'
import { metricDescriptions } from './relay-metrics.ts'

let relay: Relay

afterEach(() => relay.close())

async function openRelay(options: Partial<RelayOptions> = {}): Promise<void> {
  relay = createRelay({ log: new MemoryLog(), port: 0, onEvent: () => {}, ...options })
  await relay.open()
}

/** The samples of a scrape over HTTP, by name and labels as they stand in the text. */
async function scrape(): Promise<ReadonlyMap<string, number>> {
  const response = await fetch(`http://127.0.0.1:${relay.port}/metrics`)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4')
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(' ')
      return [line.slice(0, at), Number(line.slice(at + 1))]
    }),
  )
}

test('a relay that does nothing has every metric, without a count', async () => {
  await openRelay()
  const samples = await scrape()
  const names = new Set([...samples.keys()].map((key) => key.replace(/\{.*|_(?:bucket|sum|count)$/g, '')))
  const unlabelled = metricDescriptions.filter(({ labels, type }) => labels.length === 0 || type === 'histogram')
  for (const { name } of unlabelled) expect([...names]).toContain(name)
  expect(samples.get('syncline_appends_total')).toBe(0)
  expect(samples.get('syncline_event_loop_delay_seconds{statistic="p99"}')).toBeGreaterThanOrEqual(0)
  expect(samples.get('process_resident_memory_bytes')).toBeGreaterThan(1e6)
})

test('what clients do is counted', async () => {
  const log = new FaultyLog(new MemoryLog())
  await openRelay({ log, limits: { updateBytesMax: 1000, roomsPerConnectionMax: 1 } })
  const [writer, reader] = [await RelayClient.open(relay.url), await RelayClient.open(relay.url)]
  const { handle } = await writer.join('notes')
  await reader.join('notes')
  await writer.push(handle, 1, updateOf('a'))
  await reader.next('updates')
  writer.send({ type: 'push', handle, ref: 2, update: updateOf('b'.repeat(1000), 2) })
  await writer.next('reject')
  writer.send({ type: 'join', request: 7, room: 'other', position: undefined, stateVector: Uint8Array.of(0) })
  await writer.next('refused')
  log.failNext('append', 'io')
  writer.send({ type: 'push', handle, ref: 3, update: updateOf('c', 3) })
  await writer.next('reject')
  const samples = await scrape()
  expect(Object.fromEntries(samples)).toMatchObject({
    'syncline_connections{endpoint="sync"}': 2,
    'syncline_connections{endpoint="hocuspocus"}': 0,
    syncline_merger_queued_bytes: 0,
    syncline_rooms: 1,
    syncline_members: 2,
    syncline_members_behind: 0,
    syncline_unsettled_bytes: 0,
    syncline_deliveries_total: 1,
    syncline_appends_total: 1,
    'syncline_refusals_total{code="update-too-large"}': 1,
    'syncline_refusals_total{code="log-unavailable"}': 1,
    'syncline_log_failures_total{operation="append"}': 1,
    'syncline_append_duration_seconds_bucket{le="+Inf"}': 1,
    syncline_append_duration_seconds_count: 1,
    syncline_internal_errors_total: 0,
  })
  expect(samples.get('syncline_received_frames_total')).toBeGreaterThanOrEqual(8)
  expect(samples.get('syncline_received_bytes_total')).toBeGreaterThan(1000)
  expect(samples.get('syncline_sent_frames_total')).toBeGreaterThanOrEqual(8)
  await writer.close()
  await reader.close()
})

test('a second scrape, and a scrape while another is under way, are whole', async () => {
  await openRelay()
  const [first, second] = await Promise.all([scrape(), scrape()])
  expect([...second.keys()]).toEqual([...first.keys()])
})

test('the metrics of a relay on a server of the program’s own can be asked for', async () => {
  await openRelay()
  expect(await relay.metrics()).toContain('syncline_rooms 0')
})

test('the metrics are the operator’s', async () => {
  await openRelay({ operatorToken: 's3cret' })
  const status = async (authorization?: string): Promise<number> =>
    (await fetch(`http://127.0.0.1:${relay.port}/metrics`, { headers: authorization ? { authorization } : {} })).status
  expect([await status(), await status('Bearer wrong'), await status('Bearer s3cret')]).toEqual([403, 403, 200])
})
