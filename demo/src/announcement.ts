/**
 * What a screen reader says by itself about the status. Typing changes the status several times a second, so only turns are told:
 * the connection came or went, the device stopped or began to keep edits, the last waiting edit arrived after a time without relay.
 */
import type { StatusView } from './status-view.ts'

/** The turn from one view to the next in words; `undefined` when there is nothing to tell. */
export function announcement(before: StatusView | undefined, after: StatusView): string | undefined {
  if (before === undefined) return after.problem
  if (after.problem !== undefined && after.problem !== before.problem) return after.problem
  const wasOnline = before.connection.state === 'open'
  const isOnline = after.connection.state === 'open'
  if (wasOnline && !isOnline) return `Disconnected. ${after.connection.text}.`
  if (!wasOnline && isOnline) return after.pending > 0 ? `Connected. Sending ${after.pending} edits.` : 'Connected.'
  return undefined
}
