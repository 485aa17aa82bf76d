/**
 * What a relay counts while it works, as plain integers: counting costs an addition, and nothing is computed until
 * somebody asks (relay-metrics.ts). Counters only rise, and begin at 0 with the relay.
 */
import type { WireCode } from '@syncline/protocol'
import { MergerError } from '../errors.ts'
import type { FaultyOperation } from '../health.ts'
import type { RelayEvent, RelayEventListener } from '../relay-event.ts'
import { countedLimits, type CountedLimit } from '../limit-outcomes.ts'
import type { TrafficKind } from '../rate/traffic.ts'
import { DurationHistogram } from './duration-histogram.ts'

export class RelayCounters {
  framesReceived = 0
  bytesReceived = 0
  framesSent = 0
  bytesSent = 0
  /** Messages with updates or awareness, each counted once for every member that it was sent to. */
  deliveries = 0
  compactions = 0
  /** Entries, and bytes of the checkpoint, of all compactions. */
  compactedEntries = 0
  checkpointBytes = 0
  internalErrors = 0
  socketFailures = 0
  /** From `append` being called until the entry is on the disk. */
  readonly appendDuration: DurationHistogram = new DurationHistogram()
  readonly #limitHits = new Map<CountedLimit, number>(countedLimits.map((limit) => [limit, 0]))
  readonly #refusals = new Map<WireCode, number>()
  readonly #throttled = new Map<TrafficKind, number>()
  readonly #closed = new Map<number, number>()
  readonly #logFailures = new Map<FaultyOperation, number>()

  /** A client was refused something, and told `code`. */
  refused(code: WireCode): void {
    increase(this.#refusals, code)
  }

  /** A limit has bitten: something was refused, ended or held. */
  limitHit(limit: CountedLimit): void {
    increase(this.#limitHits, limit)
  }

  /** How often each limit has bitten, those that never did too. */
  get limitHits(): ReadonlyMap<CountedLimit, number> {
    return this.#limitHits
  }

  /** A client had sent more than a rate allows, and was not read for a while. */
  throttled(rate: TrafficKind): void {
    increase(this.#throttled, rate)
  }

  get throttles(): ReadonlyMap<TrafficKind, number> {
    return this.#throttled
  }

  get refusals(): ReadonlyMap<WireCode, number> {
    return this.#refusals
  }

  /** Connections that the relay ended, by close code. */
  get closed(): ReadonlyMap<number, number> {
    return this.#closed
  }

  get logFailures(): ReadonlyMap<FaultyOperation, number> {
    return this.#logFailures
  }

  /** Counts what is told to the operator, and passes it on. */
  countingEvents(listener: RelayEventListener): RelayEventListener {
    return (event) => {
      this.#count(event)
      listener(event)
    }
  }

  #countBusy(error: unknown): void {
    if (error instanceof MergerError && error.code === 'busy') this.limitHit('mergeQueueBytesMax')
  }

  #count(event: RelayEvent): void {
    if (event.type === 'connection-ended') increase(this.#closed, event.code)
    else if (event.type === 'log-failed') increase(this.#logFailures, event.operation)
    else if (event.type === 'merger-failed') this.#countBusy(event.error)
    else if (event.type === 'internal-error') this.internalErrors++
    else if (event.type === 'socket-failed') {
      this.socketFailures++
      if (isTooLong(event.error)) this.limitHit('frameBytesMax')
    } else if (event.type === 'compacted') {
      this.compactions++
      this.compactedEntries += event.entries
      this.checkpointBytes += event.bytes
    }
  }
}

/** Whether a frame was longer than what `ws` was told to take. */
function isTooLong(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH'
}

function increase<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
