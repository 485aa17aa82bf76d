/**
 * What the owner tab tells all tabs about the relay: plain values that survive a structured clone, and are checked when they
 * arrive, because another tab may run another version of this code. Views make their status of it (status.ts).
 */
import type { IdRange } from '@syncline/core'
import type { Access } from '@syncline/protocol'
import type { ConnectionState } from '../connection/connection-machine.ts'
import type { RejectedRow } from '../device-store/device-store.ts'
import { SynclineError, type SynclineErrorCode } from '../errors.ts'

/** Raised with each change of the shapes below: tabs of another version are not understood, and ignored. */
const FORMAT = 3

/** A `SynclineError` as data. */
export interface PlainError {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
  readonly wireCode: string | undefined
}

/** What became of the edits in memory under one name; numbers are the counts of whoever holds them. */
export interface EditsStatus {
  /** All up to here are durable at the relay, or refused. */
  readonly settled: number
  /** All up to here are in the device store after all. */
  readonly stored: number
  readonly rejected: readonly number[]
}

/** One room, as the owner syncs it. */
export interface RoomRelayStatus {
  readonly sync: 'offline' | 'joining' | 'live' | 'refused'
  /** Rises with each membership: each tab announces its awareness once per number. */
  readonly memberships: number
  readonly access: Access | undefined
  readonly ackedRef: number
  readonly sentRef: number
  readonly rejected: readonly RejectedRow[]
  /** Units of this device's edits that another writer claims with other content. */
  readonly disputed: readonly IdRange[]
  readonly lastAckedAt: number | undefined
  readonly error: PlainError | undefined
  /** Why what comes from the relay is not stored on this device now. */
  readonly storeError: PlainError | undefined
  readonly edits: Readonly<Record<string, EditsStatus>>
}

/** The connection, without what only its driver needs. */
export type ConnectionStatus =
  | { readonly state: 'idle' | 'connecting' | 'open' }
  /** Tried again at `until`, in ms since the epoch. */
  | { readonly state: 'waiting'; readonly attempt: number; readonly until: number; readonly error: SynclineError }
  /** The relay wants a (fresh) token; `until` is when its source is asked again, if there is one. */
  | { readonly state: 'needs-auth'; readonly until: number | undefined; readonly error: SynclineError }
  /** Only `connect()` leaves this. */
  | { readonly state: 'closed'; readonly error: SynclineError }

export interface OwnerStatus {
  readonly connection: ConnectionStatus
  /** Rooms with edits that the relay does not have, whether or not anybody has them open. */
  readonly pendingRooms: readonly string[]
}

export const initialRoomRelayStatus: RoomRelayStatus = {
  sync: 'offline',
  memberships: 0,
  access: undefined,
  ackedRef: 0,
  sentRef: 0,
  rejected: [],
  disputed: [],
  lastAckedAt: undefined,
  error: undefined,
  storeError: undefined,
  edits: {},
}

export const initialOwnerStatus: OwnerStatus = { connection: { state: 'idle' }, pendingRooms: [] }

export function connectionStatus(state: ConnectionState): ConnectionStatus {
  switch (state.state) {
    case 'idle':
    case 'connecting':
    case 'open':
      return { state: state.state }
    case 'waiting':
      return { state: 'waiting', attempt: state.attempt, until: state.until, error: state.error }
    case 'needs-auth':
      return { state: 'needs-auth', until: state.until, error: state.error }
    case 'closed':
      return { state: 'closed', error: state.error }
    default:
      return state satisfies never
  }
}

export function toPlainError(error: SynclineError): PlainError {
  const { code, message, retryable, wireCode } = error
  return { code, message, retryable, wireCode }
}

export function fromPlainError({ code, message, retryable, wireCode }: PlainError): SynclineError {
  return new SynclineError(code as SynclineErrorCode, message, {
    retryable,
    ...(wireCode === undefined ? {} : { wireCode: wireCode as NonNullable<SynclineError['wireCode']> }),
  })
}

/** The status of a room as the body of a tab message. */
export function encodeRoomRelayStatus(status: RoomRelayStatus): unknown {
  return { format: FORMAT, ...status }
}

/** The status in the body of a tab message; `undefined` when another version of this code wrote it. */
export function decodeRoomRelayStatus(body: unknown): RoomRelayStatus | undefined {
  return isOurs(body) ? (body as unknown as RoomRelayStatus) : undefined
}

export function encodeOwnerStatus({ connection, pendingRooms }: OwnerStatus): unknown {
  const plain = 'error' in connection ? { ...connection, error: toPlainError(connection.error) } : connection
  return { format: FORMAT, connection: plain, pendingRooms }
}

export function decodeOwnerStatus(body: unknown): OwnerStatus | undefined {
  if (!isOurs(body)) return undefined
  const { connection, pendingRooms } = body as unknown as {
    readonly connection: { readonly error?: PlainError }
    readonly pendingRooms: readonly string[]
  }
  const whole = connection.error === undefined ? connection : { ...connection, error: fromPlainError(connection.error) }
  return { connection: whole as ConnectionStatus, pendingRooms }
}

function isOurs(body: unknown): body is { readonly format: number } {
  return typeof body === 'object' && body !== null && 'format' in body && body.format === FORMAT
}
