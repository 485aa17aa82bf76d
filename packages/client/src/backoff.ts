/**
 * Exponential backoff with full jitter: clients that lost their relay together come back spread out.
 * Source: Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
 */

/** How long to wait, in ms, before attempt `attempt` (0 is the first): `random` (0 ≤ r < 1) of base × 2^attempt, capped. */
export function fullJitter(attempt: number, random: number, baseMs: number, maxMs: number): number {
  return Math.floor(random * Math.min(maxMs, baseMs * 2 ** attempt))
}
