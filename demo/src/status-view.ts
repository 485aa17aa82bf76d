/**
 * What the page says about a room's status: a pure function from the client's facts to words and states. It adds nothing to the
 * facts and rounds none of them up: a step counts as reached only when the client says that the latest edit is there.
 */
import type { ConnectionStatus, RoomStatus } from 'syncline'
import { sentenceOfError } from './error-text.ts'

/** The way of an edit, from where it is lost most easily to where it is safest. */
export type Place = 'memory' | 'device' | 'relay'

export const places: readonly Place[] = ['memory', 'device', 'relay']

export type StepState =
  /** There is no edit yet. */
  | 'idle'
  /** The latest edit is there. */
  | 'reached'
  /** It is on its way there, or waits for that way to open. */
  | 'pending'
  /** It cannot get there now, and no waiting helps that we know of. */
  | 'unreachable'

export interface StepView {
  readonly place: Place
  readonly state: StepState
  /** The state in words, for screen readers. */
  readonly words: string
}

export interface StatusView {
  readonly steps: readonly StepView[]
  readonly headline: string
  readonly tone: 'calm' | 'waiting' | 'problem'
  /** Edits that are not durable at the relay yet. */
  readonly pending: number
  readonly connection: ConnectionView
  /** Term and description of everything else. */
  readonly details: readonly (readonly [term: string, description: string])[]
  /** What is wrong and what that means, in whole sentences. */
  readonly problem: string | undefined
  readonly rejected: number
}

export interface ConnectionView {
  readonly state: 'off' | 'connecting' | 'open' | 'waiting' | 'stopped'
  readonly text: string
  /** Why it is not connected, in a whole sentence, if there is a reason to tell. */
  readonly reason: string | undefined
  /** When the text is out of date by itself, because it counts down: in ms from now. */
  readonly staleAfterMs: number | undefined
}

export interface StatusContext {
  /** ms since the epoch, as everything in the status. */
  readonly now: number
  /** Whether the user switched to offline. */
  readonly offlineByChoice: boolean
  /** The time of day that a person reads. */
  readonly formatTime: (at: number) => string
}

export function statusView(status: RoomStatus, context: StatusContext): StatusView {
  const connection = connectionView(status.connection, context)
  const steps = places.map((place) => stepView(place, status))
  const memoryOnly = status.store.state === 'memory-only'
  return {
    steps,
    headline: headline(status, memoryOnly),
    tone: tone(status, memoryOnly),
    pending: status.unacked,
    connection,
    details: details(status, memoryOnly, connection, context),
    problem: problem(status, connection),
    rejected: status.rejected,
  }
}

export function connectionView(connection: ConnectionStatus, { now, offlineByChoice }: StatusContext): ConnectionView {
  const steady = { reason: undefined, staleAfterMs: undefined }
  switch (connection.state) {
    case 'idle':
      return { ...steady, state: 'off', text: offlineByChoice ? 'Switched off' : 'Not connected' }
    case 'connecting':
      return { ...steady, state: 'connecting', text: 'Connecting …' }
    case 'open':
      return { ...steady, state: 'open', text: 'Connected' }
    case 'waiting':
      return waitingView(connection.until - now, sentenceOfError(connection.error))
    case 'needs-auth':
      return { ...steady, state: 'stopped', text: 'Not allowed in', reason: sentenceOfError(connection.error) }
    case 'closed':
      return { ...steady, state: 'stopped', text: 'Stopped', reason: sentenceOfError(connection.error) }
    default:
      return connection satisfies never
  }
}

function waitingView(waitMs: number, reason: string): ConnectionView {
  const seconds = Math.ceil(waitMs / 1_000)
  if (seconds <= 0) return { state: 'waiting', text: 'No relay, trying again', reason, staleAfterMs: undefined }
  // To the end of the second that is shown, whenever it was begun.
  const staleAfterMs = waitMs - (seconds - 1) * 1_000
  return { state: 'waiting', text: `No relay, next try in ${seconds} s`, reason, staleAfterMs }
}

function stepView(place: Place, status: RoomStatus): StepView {
  const state = stepState(place, status)
  return { place, state, words: stepWords[state] }
}

const stepWords: Readonly<Record<StepState, string>> = {
  idle: 'nothing written yet',
  reached: 'yes',
  pending: 'not yet',
  unreachable: 'not possible now',
}

function stepState(place: Place, status: RoomStatus): StepState {
  const { latestEdit } = status
  // A device that keeps nothing is passed by: an edit can be at the relay and not here.
  const skipped = place === 'device' && latestEdit !== 'device' && status.store.state === 'memory-only'
  if (skipped) return 'unreachable'
  if (latestEdit === undefined) return 'idle'
  if (places.indexOf(latestEdit) >= places.indexOf(place)) return 'reached'
  return place === 'relay' && !mayReachRelay(status) ? 'unreachable' : 'pending'
}

/** Not when the relay lets nobody of us in or write, nor for an edit that it refused: then nothing is waiting for an ack. */
function mayReachRelay({ sync, access, unacked }: RoomStatus): boolean {
  return sync !== 'refused' && access !== 'read' && unacked > 0
}

function tone(status: RoomStatus, memoryOnly: boolean): StatusView['tone'] {
  if (memoryOnly || status.rejected > 0 || status.sync === 'refused' || isStopped(status.connection)) return 'problem'
  return status.unacked > 0 ? 'waiting' : 'calm'
}

function isStopped(connection: ConnectionStatus): boolean {
  return connection.state === 'closed' || connection.state === 'needs-auth'
}

/** Short enough for a phone: what it means and why is in the details. */
function headline(status: RoomStatus, memoryOnly: boolean): string {
  const { unacked, unstored, rejected } = status
  if (status.state === 'inert' || status.state === 'loading') return 'Opening …'
  const online = status.connection.state === 'open'
  if (rejected > 0) return `The relay refused ${countEdits(rejected)}`
  if (status.sync === 'refused') return 'Not let in by the relay'
  if (memoryOnly) return unacked > 0 ? 'Keep this page open' : 'Not kept on this device'
  if (unacked === 0) return status.latestEdit === undefined ? 'No edits of yours yet' : 'Everything is at the relay'
  if (online) return 'On the way to the relay'
  if (unstored > 0) return 'On the way to this device'
  return 'Safe on this device'
}

export function countEdits(count: number): string {
  return count === 1 ? '1 edit' : `${count} edits`
}

function details(
  status: RoomStatus,
  memoryOnly: boolean,
  connection: ConnectionView,
  { formatTime }: StatusContext,
): StatusView['details'] {
  return [
    ['In memory only', countEdits(status.unstored)],
    ['Not sent yet', countEdits(status.unsent)],
    ['Not at the relay yet', countEdits(status.unacked)],
    ['This device', memoryOnly ? 'Does not keep this document' : 'Keeps this document'],
    ['Relay', connection.reason === undefined ? connection.text : `${connection.text}. ${connection.reason}`],
    [
      'You may',
      status.access === undefined ? 'Not known yet' : status.access === 'write' ? 'Read and write' : 'Only read',
    ],
    [
      'Last at the relay',
      status.lastAckedAt === undefined ? 'Not since this page was opened' : formatTime(status.lastAckedAt),
    ],
  ]
}

function problem(status: RoomStatus, connection: ConnectionView): string | undefined {
  if (status.store.state === 'memory-only') return sentenceOfError(status.store.error)
  const sentence = status.lastError === undefined ? undefined : sentenceOfError(status.lastError)
  // What is wrong with the connection is told there.
  return sentence === connection.reason ? undefined : sentence
}
