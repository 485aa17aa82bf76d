/** `kill -9` of the relay, in a loop, with writers of `syncline` on it. */
import { afterEach, test } from 'vitest'
import { killLoop } from './kill-loop.fixture.ts'
import { SynclineWriter } from './syncline-writer.fixture.ts'

const CYCLES = Number(process.env['SYNCLINE_KILL_CYCLES'] ?? 50)

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

test(`${CYCLES} times kill -9: every acknowledged edit is in the log that is left`, { timeout: 10_000 * CYCLES }, () =>
  killLoop(
    CYCLES,
    (relay, room, name) => new SynclineWriter(relay.url, room, name),
    (close) => cleanups.push(close),
  ),
)
