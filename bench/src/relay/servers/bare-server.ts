/**
 * The yardsticks, run as a child process: `ws` and nothing else. What a client sends goes to everybody in its room, itself included; nothing
 * is decoded, checked or stored. The parameter says how:
 *
 * - `bare`: a frame per update and socket, as everybody writes it first;
 * - `batched`: what arrives in one turn of the event loop leaves in one write per socket, the same bytes for all. The practical limit in Node.
 *
 * So that a join can be compared: the first message of a room that is as large as a document is kept, and sent to whoever comes; somebody
 * who comes to a room without one gets an empty message.
 */
import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { argv } from 'node:process'
import { WebSocketServer, type WebSocket } from 'ws'
import { serveBench } from './server-child.ts'

/** Below the document of a quick run's trace, of 9 kB, and far above any edit. */
const DOCUMENT_BYTES_MIN = 4 * 1024
const NOTHING = new Uint8Array()

class Room {
  readonly members = new Set<WebSocket>()
  document: Uint8Array = NOTHING
  /** Frames of this turn, for the batched server. */
  pending: Uint8Array[] = []
}

type Deliver = (room: Room, message: Buffer) => void

const deliverEach: Deliver = (room, message) => {
  for (const member of room.members) member.send(message, { binary: true })
}

const deliverTogether: Deliver = (room, message) => {
  if (room.pending.length === 0) setImmediate(() => flush(room))
  room.pending.push(frameHead(message.length), message)
}

function flush(room: Room): void {
  const bytes = Buffer.concat(room.pending)
  room.pending = []
  // Past `ws`, which would write each frame by itself.
  for (const member of room.members) (member as unknown as { readonly _socket: Socket })._socket.write(bytes)
}

/** The head of a whole binary frame from a server. */
function frameHead(length: number): Buffer {
  if (length < 126) return Buffer.from([0x82, length])
  if (length < 65_536) return Buffer.from([0x82, 126, length >> 8, length & 0xff])
  const head = Buffer.alloc(10)
  head[0] = 0x82
  head[1] = 127
  head.writeUIntBE(length, 4, 6)
  return head
}

const deliver = argv[2] === 'batched' ? deliverTogether : deliverEach
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
const rooms = new Map<string, Room>()

server.on('connection', (socket, request) => {
  const name = request.url ?? '/'
  const room = rooms.get(name) ?? new Room()
  rooms.set(name, room)
  socket.send(room.document, { binary: true })
  room.members.add(socket)
  socket.on('message', (message: Buffer) => {
    if (room.document === NOTHING && message.length >= DOCUMENT_BYTES_MIN) room.document = message
    deliver(room, message)
  })
  socket.on('close', () => {
    room.members.delete(socket)
    if (room.members.size === 0 && room.document === NOTHING) rooms.delete(name)
  })
  // A socket that breaks closes; there is nothing else to do for it.
  socket.on('error', () => {})
})

await once(server, 'listening')

serveBench({
  url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
  logStats: () => ({ flushes: 0, entries: 0 }),
  async close() {
    for (const socket of server.clients) socket.terminate()
    server.close()
  },
})
