/** What an operator does who moves from another server: import with the command, start the relay, open the document. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openLmdbLog } from '@syncline/relay'
import { afterEach, beforeEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { RelayProcess } from './relay-process.fixture.ts'

const launcher = fileURLToPath(new URL('../../packages/relay/bin/syncline-relay.js', import.meta.url))

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function importInto(data: string, ...args: readonly string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(process.execPath, [launcher, 'import', ...args, '--data', data], (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ code, stdout, stderr })
    })
  })
}

let directory: string
let data: string
let relay: RelayProcess | undefined

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syncline-import-'))
  data = join(directory, '.log')
})

afterEach(async () => {
  await relay?.kill()
  relay = undefined
  await rm(directory, { recursive: true, force: true })
})

async function writeRoom(name: string, text: string): Promise<void> {
  const doc = new Y.Doc()
  doc.getText('body').insert(0, text)
  await writeFile(join(directory, name), Y.encodeStateAsUpdate(doc))
}

async function textOf(room: string): Promise<string> {
  await using log = await openLmdbLog({ directory: data })
  const doc = new Y.Doc()
  for (const update of (await log.read(room, 0)).updates) Y.applyUpdate(doc, update)
  return doc.getText('body').toJSON()
}

test('what was imported is in the log, and a second import changes nothing', async () => {
  await writeRoom('notes.bin', 'hello')
  await writeRoom('team%2Fplan.bin', 'plan')
  expect(await importInto(data, 'updates', directory, '--dry-run')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^would be 2 imported, 0 merged, 0 unchanged, 0 failed; \d+ bytes\n$/) as string,
  })
  await expect(stat(data)).rejects.toMatchObject({ code: 'ENOENT' })
  expect(await importInto(data, 'updates', directory)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^2 imported, 0 merged, 0 unchanged, 0 failed; \d+ bytes\n$/) as string,
    stderr: '',
  })
  expect(await importInto(data, 'updates', directory)).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^0 imported, 0 merged, 2 unchanged/) as string,
  })
  expect([await textOf('notes'), await textOf('team/plan')]).toEqual(['hello', 'plan'])
})

test('a bad room is named and costs the exit code, not the other rooms', async () => {
  await writeRoom('notes.bin', 'hello')
  await writeFile(join(directory, 'broken.bin'), 'no update')
  const { code, stdout, stderr } = await importInto(data, 'updates', directory)
  expect([code, stdout]).toEqual([1, expect.stringMatching(/^1 imported, 0 merged, 0 unchanged, 1 failed/)])
  expect(stderr).toMatch(/^failed: "broken": .*broken\.bin is no update of format v1/)
  expect(await textOf('notes')).toBe('hello')
})

test('a source that is not there, or empty, or a log that a relay holds: exit code 1', async () => {
  expect(await importInto(data, 'updates', join(directory, 'gone'))).toMatchObject({ code: 1, stdout: '' })
  expect(await importInto(data, 'y-leveldb', directory)).toMatchObject({ code: 1, stdout: '' })
  expect(await importInto(data, 'hocuspocus-sqlite', join(directory, 'gone'))).toMatchObject({ code: 1, stdout: '' })
  expect(await importInto(data, 'updates', directory)).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^0 imported/) as string,
  })
  relay = await RelayProcess.start(['--port', '0', '--data', data])
  const held = await importInto(data, 'updates', directory)
  expect(held).toMatchObject({ code: 1, stdout: '' })
  expect(held.stderr).toContain('another relay')
})
