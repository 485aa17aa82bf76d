/** A relay whose log was cut short or overwritten: it says so and exits, and leaves what there is to whoever can rescue it. */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { MemoryDeviceStore, Syncline } from 'syncline'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { live, text, type, until } from '../../../packages/client/src/room.fixture.ts'
import { RelayProcess, dataFolder } from '../relay-process.fixture.ts'

const launcher = fileURLToPath(new URL('../../../packages/relay/bin/syncline-relay.js', import.meta.url))
const LONG = 'a text that needs pages of its own, '.repeat(1000)

let data: { readonly path: string; remove(): Promise<void> }
let log: string
const cleanups: (() => unknown)[] = []

beforeEach(async () => {
  data = await dataFolder()
  cleanups.push(() => data.remove())
  log = join(data.path, 'log.mdb')
})
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function start(): Promise<RelayProcess> {
  const relay = await RelayProcess.start(['--port', '0', '--data', data.path])
  cleanups.push(() => relay.kill())
  return relay
}

function open(relay: RelayProcess): Syncline {
  const client = new Syncline({ url: relay.url, WebSocket, store: new MemoryDeviceStore() })
  cleanups.push(() => client.close())
  return client
}

/** What a relay that ended well leaves behind. */
async function writtenLog(): Promise<Buffer> {
  const relay = await start()
  const client = open(relay)
  const room = client.room('a')
  await live(room)
  for (let edit = 0; edit < 5; edit++) {
    type(room, LONG)
    await room.whenAcked()
  }
  await client.close()
  await relay.stop()
  return readFileSync(log)
}

const damages: readonly (readonly [name: string, damage: (log: Buffer) => Buffer])[] = [
  ['was cut in half', (whole) => whole.subarray(0, whole.length / 2)],
  ['ends within its first page', (whole) => whole.subarray(0, 100)],
  ['has only its two roots', (whole) => whole.subarray(0, 8192)],
  ['begins with something else', (whole) => Buffer.concat([Buffer.alloc(4096, 0x20), whole.subarray(4096)])],
]

test.each(damages)(
  'a log that %s is refused with one line, is not touched, and serves once it is put back',
  async (_, damage) => {
    const whole = await writtenLog()
    const damaged = damage(whole)
    writeFileSync(log, damaged)
    for (let attempt = 0; attempt < 2; attempt++) {
      const refused = start()
      await expect(refused).rejects.toThrow('the relay exited with 1')
      await expect(refused).rejects.toThrow(/syncline-relay: .*log\.mdb (was cut short|is not a file of this relay)/)
      expect(readFileSync(log).equals(damaged)).toBe(true)
    }
    writeFileSync(log, whole)
    const room = open(await start()).room('a')
    await live(room)
    await until(room, () => text(room) === LONG.repeat(5))
  },
)

test('a log that was cut short is not backed up either', async () => {
  const whole = await writtenLog()
  writeFileSync(log, whole.subarray(0, whole.length / 2))
  const [code, errors] = await new Promise<readonly [unknown, string]>((resolve) => {
    const parameters = [launcher, 'backup', '--data', data.path, '--to', join(data.path, 'copy')]
    execFile(process.execPath, parameters, (error, __, stderr) => resolve([error?.code, stderr]))
  })
  expect([code, errors]).toEqual([1, expect.stringContaining('was cut short')])
})
