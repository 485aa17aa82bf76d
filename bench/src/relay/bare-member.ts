/** A member of a room of the bare relay: messages are updates, in order, and whatever comes back to a writer is a receipt. */
import { closeSocket, openSocket, socketFailure, type Member, type Role } from './member.ts'

export async function joinBareRoom(serverUrl: string, room: string, role: Role): Promise<Member> {
  const socket = await openSocket(`${serverUrl}/${room}`)
  const closing = new AbortController()
  const updates: Uint8Array[] = []
  let receipts = 0
  const member: Member = {
    listener: {},
    updates,
    failed: socketFailure(socket, closing.signal),
    push: (update) => socket.send(update),
    async close() {
      closing.abort()
      await closeSocket(socket)
    },
  }
  socket.on('message', (message: Buffer) => {
    if (role === 'writer') member.listener.acked?.(++receipts)
    else member.listener.received?.(updates.push(message))
  })
  return member
}
