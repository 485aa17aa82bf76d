/**
 * `kill -9` of the real relay, in a loop, with writers on it. What a client was told is durable must be in the log that the dead
 * relay left behind. The log is read before any client comes back, so that nobody can refill what was lost.
 */
import { openLmdbLog } from '@syncline/relay'
import { expect } from 'vitest'
import * as Y from 'yjs'
import { RelayProcess, dataFolder } from './relay-process.fixture.ts'

const ROOMS = ['red', 'green', 'blue'] as const
const WRITERS_PER_ROOM = 2
/** A relay is killed when this many more edits were acknowledged, plus a random part of it: in the middle of the writing. */
const ACKS_PER_CYCLE = 20

/** A client that writes one edit after the other into the array `edits`, each a text of its own, until it is stopped. */
export interface KillWriter {
  /** The edits that the relay has said are safe. */
  readonly acknowledged: ReadonlySet<string>
  /** How many edits it has made. */
  readonly written: number
  /** Writes until it is stopped, and resolves when all it has written is acknowledged. */
  run(onAck: () => void): Promise<void>
  /** Connects again now rather than later, if it can be told to: the loop is about the relay, and many cycles of waiting are long. */
  wake(): void
  stop(): void
  close(): void | Promise<void>
}

/** `name` begins each edit of this writer; `relay` is where to connect. */
export type OpenKillWriter = (relay: RelayProcess, room: string, name: string) => KillWriter

/** Kills a relay `cycles` times and looks into its log each time; `onClose` is told what to undo afterwards. */
export async function killLoop(
  cycles: number,
  openWriter: OpenKillWriter,
  onClose: (close: () => unknown) => void,
): Promise<void> {
  const data = await dataFolder()
  onClose(() => data.remove())
  let relay = await RelayProcess.start(['--port', '0', '--data', data.path])
  onClose(() => relay.kill())
  const port = String(relay.port)

  let acks = 0
  let onAck = (): void => {}
  const writers = ROOMS.flatMap((room) =>
    Array.from({ length: WRITERS_PER_ROOM }, (_, index) => ({
      room,
      writer: openWriter(relay, room, `${room}-${index}`),
    })),
  )
  const running = writers.map(({ writer }) => {
    onClose(() => writer.close())
    return writer.run(() => {
      acks++
      onAck()
    })
  })

  for (let cycle = 1; cycle <= cycles; cycle++) {
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
  process.stderr.write(`kill -9: ${cycles} cycles, ${written} edits acknowledged, 0 missing\n`)
}

/** The edits in a relay's data folder, by room, read without a relay. Fails when one is there twice. */
export async function editsInLog(
  directory: string,
  rooms: readonly string[] = ROOMS,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const log = await openLmdbLog({ directory })
  const edits = new Map<string, Set<string>>()
  for (const room of rooms) {
    const doc = new Y.Doc()
    for (const update of (await log.read(room, 0)).updates) Y.applyUpdate(doc, update)
    const list = doc.getArray<string>('edits').toArray()
    edits.set(room, new Set(list))
    expect(edits.get(room)!.size, `an edit of ${room} is there twice`).toBe(list.length)
  }
  await log.close()
  return edits
}
