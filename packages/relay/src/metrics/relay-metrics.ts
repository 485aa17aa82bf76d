/**
 * The metrics of a relay, in one table, as Prometheus reads them. Everything is read at the moment of a scrape from what
 * the relay counts anyway; `prom-client` writes the text. Nothing names a room, a subject or an address: their number
 * has no bound, and it would be nobody's business.
 */
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks'
import { Registry, type Metric } from 'prom-client'
import type { LogStats } from '../log/update-log.ts'
import { BUCKET_BOUNDS_MS } from './duration-histogram.ts'
import type { RelayCounters } from './relay-counters.ts'

/** What is measured, as it is at the moment of reading. */
export interface Measured {
  readonly counters: RelayCounters
  /** By the endpoint that they came in at. */
  readonly connections: ReadonlyMap<string, number>
  /** Rooms that are open, their members, and those of them that do not have everything yet. */
  readonly rooms: number
  readonly members: number
  readonly membersBehind: number
  /** Bytes that sockets have not taken yet, and bytes pushed that have no verdict yet. */
  readonly outboxBytes: number
  readonly unsettledBytes: number
  /** What all buffers hold, as `bufferBytesMax` bounds it. */
  readonly bufferBytes: number
  readonly logStats: LogStats
  /** Bytes of jobs that the merger's threads have not done yet. */
  readonly mergerQueuedBytes: number
}

type Labels = Readonly<Record<string, string | number>>
type Sample = readonly [labels: Labels, value: number]

export interface MetricDescription {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  readonly labels: readonly string[]
}

interface Reading extends MetricDescription {
  readonly read: (measured: Measured, process: ProcessReading) => number | readonly Sample[]
}

/** What is known of the process, beside the relay. */
interface ProcessReading {
  /** Seconds. */
  readonly eventLoopDelay: { readonly mean: number; readonly p50: number; readonly p99: number; readonly max: number }
}

const readings: readonly Reading[] = [
  gauge('connections', 'Connections, by the endpoint that they came in at.', ['endpoint'], ({ connections }) =>
    labelled('endpoint', connections),
  ),
  gauge('rooms', 'Rooms that are open.', [], ({ rooms }) => rooms),
  gauge('members', 'Members of open rooms.', [], ({ members }) => members),
  gauge(
    'members_behind',
    'Members that do not have everything yet: they are being caught up, or their sockets are full.',
    [],
    ({ membersBehind }) => membersBehind,
  ),
  gauge('outbox_bytes', 'Bytes that sockets have not taken yet.', [], ({ outboxBytes }) => outboxBytes),
  gauge('unsettled_bytes', 'Bytes pushed that have no verdict yet.', [], ({ unsettledBytes }) => unsettledBytes),
  gauge(
    'buffer_bytes',
    'Bytes that all buffers hold together, as `bufferBytesMax` bounds them: pushes, queues of sockets (what several wait for once), and frames that arrive.',
    [],
    ({ bufferBytes }) => bufferBytes,
  ),
  counter('received_frames', 'Frames from clients.', [], ({ counters }) => counters.framesReceived),
  counter('received_bytes', 'Bytes of frames from clients.', [], ({ counters }) => counters.bytesReceived),
  counter('sent_frames', 'Frames to clients.', [], ({ counters }) => counters.framesSent),
  counter('sent_bytes', 'Bytes of frames to clients.', [], ({ counters }) => counters.bytesSent),
  counter(
    'deliveries',
    'Updates and awareness sent to members, once for each member.',
    [],
    ({ counters }) => counters.deliveries,
  ),
  counter('refusals', 'Joins and pushes that were refused, and members that were evicted, by code.', ['code'], (m) =>
    labelled('code', m.counters.refusals),
  ),
  counter('limit_hits', 'How often a limit refused, ended or held something, by limit.', ['limit'], ({ counters }) =>
    labelled('limit', counters.limitHits),
  ),
  counter('throttled', 'How often a client had sent too much and was not read for a while, by rate.', ['rate'], (m) =>
    labelled('rate', m.counters.throttles),
  ),
  counter('connections_ended', 'Connections that the relay ended, by close code.', ['code'], ({ counters }) =>
    labelled('code', counters.closed),
  ),
  counter('socket_failures', 'Connections that broke.', [], ({ counters }) => counters.socketFailures),
  counter('appends', 'Updates that the log has made durable.', [], ({ logStats }) => logStats.entries),
  counter('flushes', 'Flushes of the log, each for all updates that waited.', [], ({ logStats }) => logStats.flushes),
  gauge('log_pending_bytes', 'Bytes of updates that wait for a flush.', [], ({ logStats }) => logStats.pendingBytes),
  counter('log_failures', 'Operations that the log refused.', ['operation'], ({ counters }) =>
    labelled('operation', counters.logFailures),
  ),
  {
    name: 'syncline_append_duration_seconds',
    type: 'histogram',
    help: 'From an update being handed to the log until it is on the disk.',
    labels: ['le'],
    read: () => [],
  },
  gauge('merger_queued_bytes', 'Bytes of documents that wait to be merged.', [], (m) => m.mergerQueuedBytes),
  counter('compactions', 'Rooms whose tail was folded into their checkpoint.', [], (m) => m.counters.compactions),
  counter('compacted_entries', 'Log entries folded by compactions.', [], ({ counters }) => counters.compactedEntries),
  counter('checkpoint_bytes', 'Bytes of checkpoints written.', [], ({ counters }) => counters.checkpointBytes),
  counter('internal_errors', 'Bugs: broken invariants of the relay.', [], ({ counters }) => counters.internalErrors),
  gauge(
    'event_loop_delay_seconds',
    'How late the event loop was, since the last scrape.',
    ['statistic'],
    (_, { eventLoopDelay }) => Object.entries(eventLoopDelay).map(([statistic, delay]) => [{ statistic }, delay]),
  ),
  process('process_cpu_seconds_total', 'counter', 'CPU time of the process.', () => {
    const { user, system } = globalThis.process.cpuUsage()
    return (user + system) / 1e6
  }),
  process('process_resident_memory_bytes', 'gauge', 'Memory of the process.', () =>
    globalThis.process.memoryUsage.rss(),
  ),
  process('process_heap_bytes', 'gauge', 'Heap in use.', () => globalThis.process.memoryUsage().heapUsed),
]

/** Every metric, for documentation and its check. */
export const metricDescriptions: readonly MetricDescription[] = readings

/** Reads a relay's metrics. It holds a timer of the runtime while it is open. */
export class RelayMetrics {
  readonly #registry = new Registry()
  readonly #eventLoop: IntervalHistogram = monitorEventLoopDelay({ resolution: EVENT_LOOP_RESOLUTION_MS })
  readonly #measure: () => Measured

  constructor(measure: () => Measured) {
    this.#measure = measure
  }

  /** What the answer's content type is. */
  get contentType(): string {
    return this.#registry.contentType
  }

  open(): void {
    this.#eventLoop.enable()
  }

  /** All metrics as text. Costs a look at each connection and each member. */
  async scrape(): Promise<string> {
    const measured = this.#measure()
    const reading = { eventLoopDelay: delayOf(this.#eventLoop) }
    this.#eventLoop.reset()
    this.#registry.clear()
    for (const { name, type, help, read } of readings) {
      const values = type === 'histogram' ? appendBuckets(name, measured.counters) : samplesOf(read(measured, reading))
      // All that the registry asks of a metric.
      const metric = { name, help, type, aggregator: 'sum', get: async () => ({ name, help, type, values }) }
      this.#registry.registerMetric(metric as unknown as Metric)
    }
    return this.#registry.metrics()
  }

  close(): void {
    this.#eventLoop.disable()
  }
}

const EVENT_LOOP_RESOLUTION_MS = 10

/** The histogram measures whole intervals of its timer: what goes beyond one is delay. */
function delayOf(histogram: IntervalHistogram): ProcessReading['eventLoopDelay'] {
  const seconds = (nanoseconds: number): number =>
    histogram.count === 0 ? 0 : Math.max(0, nanoseconds / 1e9 - EVENT_LOOP_RESOLUTION_MS / 1e3)
  return {
    mean: seconds(histogram.mean),
    p50: seconds(histogram.percentile(50)),
    p99: seconds(histogram.percentile(99)),
    max: seconds(histogram.max),
  }
}

interface PromSample {
  readonly labels: Labels
  readonly value: number
  readonly metricName?: string
}

function samplesOf(read: number | readonly Sample[]): readonly PromSample[] {
  if (typeof read === 'number') return [{ labels: {}, value: read }]
  return read.map(([labels, value]) => ({ labels, value }))
}

function appendBuckets(name: string, { appendDuration }: RelayCounters): readonly PromSample[] {
  const { count, sumMs } = appendDuration
  const bucket = (le: string | number, value: number): PromSample => ({
    metricName: `${name}_bucket`,
    labels: { le },
    value,
  })
  return [
    ...appendDuration.cumulative().map((value, index) => bucket(BUCKET_BOUNDS_MS[index]! / 1000, value)),
    bucket('+Inf', count),
    { metricName: `${name}_sum`, labels: {}, value: sumMs / 1000 },
    { metricName: `${name}_count`, labels: {}, value: count },
  ]
}

function labelled(label: string, counts: ReadonlyMap<string | number, number>): readonly Sample[] {
  return [...counts].map(([key, value]) => [{ [label]: key }, value])
}

function gauge(name: string, help: string, labels: readonly string[], read: Reading['read']): Reading {
  return { name: `syncline_${name}`, type: 'gauge', help, labels, read }
}

function counter(name: string, help: string, labels: readonly string[], read: Reading['read']): Reading {
  return { name: `syncline_${name}_total`, type: 'counter', help, labels, read }
}

function process(name: string, type: 'counter' | 'gauge', help: string, read: () => number): Reading {
  return { name, type, help, labels: [], read }
}
