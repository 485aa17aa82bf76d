/** A member of a room of our relay, speaking `syncline.v1`: no document and no store, only what the wire asks for. */
import {
  decodeRelayFrame,
  encodeFrame,
  PROTOCOL_VERSION,
  SUBPROTOCOL,
  type MessageOf,
  type RelayMessage,
} from '@syncline/protocol'
import type { WebSocket } from 'ws'
import { within } from '../harness/deadline.ts'
import { closeSocket, openSocket, socketFailure, type Member } from './member.ts'

const JOIN_TIMEOUT_MS = 10_000

/** The state vector of somebody who has nothing. */
const NOTHING = new Uint8Array([0])

/** Says hello and joins. A room that has something sends it: the member's `updates` begin with all that is stored. */
export async function joinSynclineRoom(serverUrl: string, room: string): Promise<Member> {
  const socket = await openSocket(`${serverUrl}/sync`, SUBPROTOCOL)
  const closing = new AbortController()
  const updates: Uint8Array[] = []
  let refs = 0
  let handle = 0
  const { promise: refused, reject: refuse } = rejectable()
  const joined = new Promise<void>((resolve) => {
    const receive = (message: RelayMessage): void => {
      switch (message.type) {
        case 'welcome':
          socket.send(encodeFrame([{ type: 'join', request: 1, room, position: undefined, stateVector: NOTHING }]))
          return
        case 'joined':
          handle = message.handle
          return resolve()
        case 'updates':
          updates.push(message.update)
          return member.listener.received?.(message.position.seq)
        case 'ack':
          return member.listener.acked?.(message.ref)
        case 'ping':
          return socket.send(encodeFrame([{ type: 'pong' }]))
        case 'refused':
        case 'reject':
        case 'evicted':
        case 'error':
          return refuse(new Error(`the relay said ${message.type}: ${message.code} ${message.message}`))
        case 'awareness':
        case 'resync':
        case 'reauthenticate':
        case 'pong':
          return
        default:
          return message satisfies never
      }
    }
    listen(socket, receive, refuse)
  })
  const member: Member = {
    listener: {},
    updates,
    failed: Promise.race([refused, socketFailure(socket, closing.signal)]),
    push(update) {
      const push: MessageOf<'push'> = { type: 'push', handle, ref: ++refs, update }
      socket.send(encodeFrame([push]))
    },
    async close() {
      closing.abort()
      await closeSocket(socket)
    },
  }
  member.failed.catch(() => {})
  socket.send(encodeFrame([{ type: 'hello', versions: [PROTOCOL_VERSION], agent: 'syncline-bench', token: undefined }]))
  await within(Promise.race([joined, member.failed]), JOIN_TIMEOUT_MS, 'a join')
  return member
}

function listen(socket: WebSocket, receive: (message: RelayMessage) => void, fail: (error: Error) => void): void {
  socket.on('message', (frame: Buffer) => {
    try {
      for (const message of decodeRelayFrame(frame)) receive(message)
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)))
    }
  })
}

function rejectable(): { readonly promise: Promise<never>; readonly reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<never>((_, rejectPromise) => {
    reject = rejectPromise
  })
  return { promise, reject }
}
