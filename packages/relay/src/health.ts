/**
 * Whether the log works, as far as the relay's own traffic shows: the basis of `/healthz`. A failure counts for a
 * bounded time, or until the same operation succeeds, so that a relay without traffic does not stay unhealthy for ever.
 */

export type FaultyOperation = 'open' | 'append' | 'read' | 'compact'

/** How long a failure counts without a later success. */
const HEALTH_FAILURE_MS = 30_000

export class LogHealth {
  readonly #failedAt = new Map<FaultyOperation, number>()

  succeeded(operation: FaultyOperation): void {
    this.#failedAt.delete(operation)
  }

  failed(operation: FaultyOperation, now: number): void {
    this.#failedAt.set(operation, now)
  }

  /** The operations whose last outcome, not older than {@link HEALTH_FAILURE_MS}, is a failure. */
  failing(now: number): FaultyOperation[] {
    return [...this.#failedAt].filter(([, at]) => now - at < HEALTH_FAILURE_MS).map(([operation]) => operation)
  }
}
