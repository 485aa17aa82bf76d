/**
 * What one client may send: updates, bytes and joins, each with a rate of its own. One for each connection, and one that
 * all connections of a subject share. Pure.
 */
import type { RelayLimits } from '../limits.ts'
import { TokenBucket, type Rate } from './token-bucket.ts'

export interface TrafficRates {
  /** Pushes, and whatever else a room has to answer or to pass on: awareness, stateless messages, questions. */
  readonly updates: Rate
  /** Of frames, as they come. */
  readonly bytes: Rate
  readonly joins: Rate
}

/** The rates of `shares` connections. */
export function trafficRates(limits: TrafficLimits, shares: number): TrafficRates {
  const rate = (perSecond: number, burst: number): Rate => {
    return { perSecond: perSecond * shares, burst: Math.max(burst, perSecond) * shares }
  }
  return {
    updates: rate(limits.updatesPerSecond, limits.updatesBurst),
    bytes: rate(limits.bytesPerSecond, limits.bytesBurst),
    joins: rate(limits.joinsPerSecond, limits.joinsBurst),
  }
}

export type TrafficLimits = Pick<
  RelayLimits,
  'updatesPerSecond' | 'updatesBurst' | 'bytesPerSecond' | 'bytesBurst' | 'joinsPerSecond' | 'joinsBurst'
>

export type TrafficKind = keyof TrafficRates

const kinds: readonly TrafficKind[] = ['updates', 'bytes', 'joins']

/** What came. */
export type TrafficAmounts = Readonly<Record<TrafficKind, number>>

/** How long its author has to rest, and because of what; `kind` is absent when it need not. */
export interface Rest {
  readonly ms: number
  readonly kind: TrafficKind | undefined
}

export const noRest: Rest = { ms: 0, kind: undefined }

export class Traffic {
  readonly #buckets: Readonly<Record<TrafficKind, TokenBucket>>

  constructor(rates: TrafficRates, now: number) {
    this.#buckets = {
      updates: new TokenBucket(rates.updates, now),
      bytes: new TokenBucket(rates.bytes, now),
      joins: new TokenBucket(rates.joins, now),
    }
  }

  /** Counts what came. Returns the longest rest that any of the rates asks for. */
  take(amounts: TrafficAmounts, now: number): Rest {
    let rest = noRest
    for (const kind of kinds) {
      const ms = this.#buckets[kind].take(amounts[kind], now)
      if (ms > rest.ms) rest = { ms, kind }
    }
    return rest
  }

  /** Whether it is as good as a new one. */
  isFull(now: number): boolean {
    return kinds.every((kind) => this.#buckets[kind].isFull(now))
  }
}

/** The longer of two rests. */
export function longerRest(a: Rest, b: Rest): Rest {
  return b.ms > a.ms ? b : a
}
