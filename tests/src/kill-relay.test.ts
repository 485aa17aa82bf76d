/** `kill -9` of the relay, in a loop, with writers of `syncline` on it. */
import { Syncline } from 'syncline'
import { afterEach, test } from 'vitest'
import { WebSocket } from 'ws'
import { killLoop, type KillWriter } from './kill-loop.fixture.ts'

const CYCLES = Number(process.env['SYNCLINE_KILL_CYCLES'] ?? 50)

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** Writes one edit after the other, some without waiting for the last, and keeps account of the acknowledged ones. */
class Writer implements KillWriter {
  readonly acknowledged = new Set<string>()
  readonly #sync: Syncline
  readonly #room: string
  readonly #name: string
  #onAck: () => void = () => {}
  #stopped = false
  #written = 0

  constructor(url: string, room: string, name: string) {
    this.#sync = new Syncline({ url, WebSocket })
    this.#room = room
    this.#name = name
  }

  async run(onAck: () => void): Promise<void> {
    this.#onAck = onAck
    const room = this.#sync.room(this.#room)
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

test(`${CYCLES} times kill -9: every acknowledged edit is in the log that is left`, { timeout: 10_000 * CYCLES }, () =>
  killLoop(
    CYCLES,
    (relay, room, name) => new Writer(relay.url, room, name),
    (close) => cleanups.push(close),
  ),
)
