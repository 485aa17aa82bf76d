/**
 * What a test does with an open room, whatever client, store and relay are behind it. The tests of tests/ use it too, past the public door:
 * it is shipped with nothing, and needs nothing of the client but its `Room`.
 */
import type { Room } from './room/room.ts'

export function text(room: Room): string {
  return room.doc.getText('text').toJSON()
}

export function type(room: Room, added: string): void {
  const shared = room.doc.getText('text')
  shared.insert(shared.length, added)
}

/** Resolves when `condition` holds; looks again with each change of the document, the status or who is here. */
export async function until(room: Room, condition: () => boolean): Promise<void> {
  if (condition()) return
  await new Promise<void>((resolve) => {
    const look = (): void => {
      if (!condition()) return
      undo()
      room.doc.off('update', look)
      room.awareness.off('change', look)
      resolve()
    }
    const undo = room.subscribe(look)
    room.doc.on('update', look)
    room.awareness.on('change', look)
  })
}

/** Resolves when the room is a member at the relay. */
export async function live(room: Room): Promise<void> {
  await room.loaded
  await until(room, () => room.status.sync === 'live')
}
