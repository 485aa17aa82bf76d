/**
 * What a screen reader says by itself about the status. Typing changes the status several times a second, so only turns are told:
 * the connection came or went, or something is newly wrong.
 */
import { countEdits, type StatusView } from './status-view.ts'

/** The turn from one view to the next in words; `undefined` when there is nothing to tell. */
export function announcement(before: StatusView | undefined, after: StatusView): string | undefined {
  if (after.problem !== undefined && after.problem !== before?.problem) return after.problem
  if (before === undefined) return undefined
  const wasOnline = before.connection.state === 'open'
  const isOnline = after.connection.state === 'open'
  if (wasOnline && !isOnline) return `Disconnected: ${after.connection.text}.`
  if (!wasOnline && isOnline) {
    return after.pending > 0 ? `Connected. Sending ${countEdits(after.pending)}.` : 'Connected.'
  }
  return undefined
}
