/**
 * `kill -9` of the real relay, in a loop, with writers on it. What a client was told is durable must be in the log that the dead
 * relay left behind. The log is read before any client comes back, so that nobody can refill what was lost.
 */
import { openLmdbLog } from '@syncline/relay'
import { Syncline } from 'syncline'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import * as Y from 'yjs'
import { RelayProcess, dataFolder } from './relay-process.fixture.ts'

const CYCLES = Number(process.env['SYNCLINE_KILL_CYCLES'] ?? 50)
const ROOMS = ['red', 'green', 'blue'] as const
const WRITERS_PER_ROOM = 2
/** A relay is killed when this many more edits were acknowledged, plus a random part of it: in the middle of the writing. */
const ACKS_PER_CYCLE = 20

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** Writes one edit after the other, some without waiting for the last, and keeps account of the acknowledged ones. */
class Writer {
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

  /** Tries to connect now, not when its backoff is over: the loop is about the relay, and fifty cycles of waiting are long. */
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

/** The edits in a relay's data folder, by room, read without a relay. */
async function editsInLog(directory: string): Promise<Map<string, Set<string>>> {
  const log = await openLmdbLog({ directory })
  const edits = new Map<string, Set<string>>()
  for (const room of ROOMS) {
    const doc = new Y.Doc()
    for (const update of (await log.read(room, 0)).updates) Y.applyUpdate(doc, update)
    edits.set(room, new Set(doc.getArray<string>('edits').toArray()))
  }
  await log.close()
  return edits
}

test(
  `${CYCLES} times kill -9: every acknowledged edit is in the log that is left`,
  { timeout: 10_000 * CYCLES },
  async () => {
    const data = await dataFolder()
    cleanups.push(() => data.remove())
    let relay = await RelayProcess.start(['--port', '0', '--data', data.path])
    cleanups.push(() => relay.kill())
    const port = String(relay.port)

    let acks = 0
    let onAck = (): void => {}
    const writers = ROOMS.flatMap((room) =>
      Array.from({ length: WRITERS_PER_ROOM }, (_, index) => ({
        room,
        writer: new Writer(relay.url, room, `${room}-${index}`),
      })),
    )
    const running = writers.map(({ writer }) => {
      cleanups.push(() => writer.close())
      return writer.run(() => {
        acks++
        onAck()
      })
    })

    for (let cycle = 1; cycle <= CYCLES; cycle++) {
      const target = acks + ACKS_PER_CYCLE + Math.floor(Math.random() * ACKS_PER_CYCLE)
      await new Promise<void>((resolve) => {
        onAck = () => {
          if (acks >= target) resolve()
        }
      })
      await relay.kill()
      const log = await editsInLog(data.path)
      const missing = writers.flatMap(({ room, writer }) =>
        [...writer.acknowledged].filter((edit) => !log.get(room)!.has(edit)),
      )
      expect(missing, `acknowledged, but not in the log after kill ${cycle}`).toEqual([])
      relay = await RelayProcess.start(['--port', port, '--data', data.path])
      for (const { writer } of writers) writer.wake()
    }

    // Now the world is healed: every writer gets its last edits through, and all of them are there.
    for (const { writer } of writers) writer.stop()
    await Promise.all(running)
    expect(await relay.stop()).toEqual({ code: 0, signal: null })
    const log = await editsInLog(data.path)
    const written = writers.reduce((sum, { writer }) => sum + writer.written, 0)
    expect([...log.values()].reduce((sum, edits) => sum + edits.size, 0)).toBe(written)
    process.stderr.write(`kill -9: ${CYCLES} cycles, ${written} edits acknowledged, 0 missing\n`)
  },
)
