/** A client of `syncline` that writes as fast as it is acknowledged, for tests that do things to the relay meanwhile. */
import { Syncline, type Room } from 'syncline'
import { WebSocket } from 'ws'
import { newDoc } from '../../packages/client/src/doc.fixture.ts'
import type { KillWriter } from './kill-loop.fixture.ts'

/** Writes one edit after the other, some without waiting for the last, and keeps account of the acknowledged ones. */
export class SynclineWriter implements KillWriter {
  readonly acknowledged = new Set<string>()
  readonly #sync: Syncline
  readonly #room: Room
  readonly #name: string
  #onAck: () => void = () => {}
  #stopped = false
  #written = 0

  constructor(url: string, room: string, name: string) {
    this.#sync = new Syncline({ url, WebSocket, createDoc: () => newDoc() })
    this.#room = this.#sync.room(room)
    this.#name = name
  }

  get room(): Room {
    return this.#room
  }

  async run(onAck: () => void): Promise<void> {
    this.#onAck = onAck
    const room = this.#room
    await room.loaded
    const list = room.doc.getArray<string>('edits')
    while (!this.#stopped) {
      const burst = Array.from({ length: 1 + (this.#written % 3) }, () => `${this.#name}:${this.#written++}`)
      for (const edit of burst) list.push([edit])
      await room.whenAcked()
      for (const edit of burst) this.acknowledged.add(edit)
      this.#onAck()
    }
  }

  get written(): number {
    return this.#written
  }

  wake(): void {
    this.#sync.connect()
  }

  stop(): void {
    this.#stopped = true
  }

  async close(): Promise<void> {
    await this.#sync.close()
  }
}
