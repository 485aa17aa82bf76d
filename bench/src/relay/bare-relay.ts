/**
 * The yardstick, run as a child process: `ws` and nothing else. Every message goes to the other sockets of the same path as it
 * came, and its sender gets a receipt. It decodes nothing, checks nothing, stores nothing, and forgets who was not there.
 */
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { WebSocketServer, type WebSocket } from 'ws'
import { serveBench } from './server-child.ts'

const RECEIPT = new Uint8Array([1])

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
const rooms = new Map<string, Set<WebSocket>>()

server.on('connection', (socket, request) => {
  const name = request.url ?? '/'
  const room = rooms.get(name) ?? new Set()
  rooms.set(name, room.add(socket))
  socket.on('message', (message) => {
    for (const member of room) if (member !== socket) member.send(message, { binary: true })
    socket.send(RECEIPT)
  })
  socket.on('close', () => {
    room.delete(socket)
    if (room.size === 0) rooms.delete(name)
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
