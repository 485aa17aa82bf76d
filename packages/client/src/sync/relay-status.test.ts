import { describe, expect, test } from 'vitest'
import { SynclineError } from '../errors.ts'
import {
  decodeOwnerStatus,
  decodeRoomRelayStatus,
  encodeOwnerStatus,
  encodeRoomRelayStatus,
  initialRoomRelayStatus,
  type OwnerStatus,
} from './relay-status.ts'

describe('what the owner tells the other tabs', () => {
  test('survives a structured clone, with the codes of its errors', () => {
    const error = new SynclineError('connection-lost', 'gone', { retryable: true, wireCode: 'going-away' })
    const status: OwnerStatus = { connection: { state: 'waiting', attempt: 1, until: 5, error }, pendingRooms: ['a'] }
    const decoded = decodeOwnerStatus(structuredClone(encodeOwnerStatus(status)))
    expect(decoded).toEqual(status)
    expect(decoded?.connection).toMatchObject({
      error: { code: 'connection-lost', retryable: true, wireCode: 'going-away' },
    })
    const open: OwnerStatus = { connection: { state: 'open' }, pendingRooms: [] }
    expect(decodeOwnerStatus(structuredClone(encodeOwnerStatus(open)))).toEqual(open)
    const room = { ...initialRoomRelayStatus, edits: { tab: { settled: 1, stored: 0, rejected: [] } } }
    expect(decodeRoomRelayStatus(structuredClone(encodeRoomRelayStatus(room)))).toMatchObject(room)
  })

  test.each([undefined, null, 'status', {}, { format: 0 }, { format: 99, connection: { state: 'open' } }])(
    'is ignored when another version wrote it: %j',
    (body) => {
      expect(decodeOwnerStatus(body)).toBeUndefined()
      expect(decodeRoomRelayStatus(body)).toBeUndefined()
    },
  )
})
