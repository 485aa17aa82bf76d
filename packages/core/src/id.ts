/** The name of one inserted unit: which client inserted it, and that client's clock at the time. Never reused. */

export interface Id {
  /** 0 … 2^53 − 1. */
  readonly client: number
  /** Counts the client's inserted units from 0; at most 2^53 − 2. */
  readonly clock: number
}

/** Stands for the client of an ID that is absent, where an ID is two numbers. */
export const NO_CLIENT = -1

/** Whether both name the same unit, or both are absent. */
export function sameId(a: Id | null, b: Id | null): boolean {
  return a === b || (a !== null && b !== null && a.client === b.client && a.clock === b.clock)
}

/** A total order: an absent ID first, then by client, then by clock. It has no meaning; it only has to be the same everywhere. */
export function compareIds(a: Id | null, b: Id | null): number {
  if (a === null || b === null) return (a === null ? 0 : 1) - (b === null ? 0 : 1)
  return a.client - b.client || a.clock - b.clock
}
