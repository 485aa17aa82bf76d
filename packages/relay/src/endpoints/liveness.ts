/**
 * Whether the other side of a socket is alive, and has reason to believe that we are, for protocols whose clients need
 * not say anything: pings of the WebSocket find out about them, and an empty message now and then contents them. Pure;
 * times are milliseconds.
 */
import type { RelayLimits } from '../limits.ts'

export type LivenessLimits = Pick<RelayLimits, 'heartbeatMs' | 'keepaliveMs'>

/** A side that was silent for so many heartbeats is dead: it has missed two pings. */
const SILENT_HEARTBEATS_MAX = 2.5

export type Due = 'probe' | 'keepalive' | 'end'

export class Liveness {
  readonly #limits: LivenessLimits
  #heardAt: number
  #probedAt: number

  constructor(limits: LivenessLimits, now: number) {
    this.#limits = limits
    this.#heardAt = now
    this.#probedAt = now
  }

  /** Anything came: a frame, or a pong. */
  heard(now: number): void {
    this.#heardAt = now
  }

  /** What there is to do now, if anything was last sent at `sentAt`. */
  due(now: number, sentAt: number): Due[] {
    const { heartbeatMs, keepaliveMs } = this.#limits
    if (now - this.#heardAt >= heartbeatMs * SILENT_HEARTBEATS_MAX) return ['end']
    const due: Due[] = []
    if (now - Math.max(this.#heardAt, this.#probedAt) >= heartbeatMs) {
      this.#probedAt = now
      due.push('probe')
    }
    if (now - sentAt >= keepaliveMs) due.push('keepalive')
    return due
  }
}
