import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UpdateStore, convertUpdateFormatV1ToV2 } from '@syncline/core'
import { ClassicLevel } from 'classic-level'
import sqlite from 'node-sqlite3-wasm'
import { afterEach, beforeEach, expect, test } from 'vitest'
import * as Y from 'yjs'
import { FaultyLog } from '../log/faulty-log.ts'
import { MemoryLog } from '../log/memory-log.ts'
import type { UpdateLog } from '../log/update-log.ts'
import { openHocuspocusSqlite } from './hocuspocus-sqlite.ts'
import { importRooms, type ImportOptions, type ImportReport, type ImportedRoom } from './import-rooms.ts'
import type { ImportSource } from './import-source.ts'
import { openUpdateDirectory } from './update-directory.ts'
import { openYWebsocketStore } from './y-websocket-store.fixture.ts'
import { openYLeveldb } from './y-leveldb.ts'

let directory: string
let log: MemoryLog
const sources: ImportSource[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syncline-import-'))
  log = new MemoryLog()
})

afterEach(async () => {
  for (const source of sources.splice(0)) await source.close()
  await log.close()
  await rm(directory, { recursive: true })
})

/** A document, and the updates that made it. */
function typed(...texts: readonly string[]): { doc: Y.Doc; updates: Uint8Array[] } {
  const doc = new Y.Doc()
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (const text of texts) doc.getText('body').insert(0, text)
  return { doc, updates }
}

function textOf(doc: Y.Doc): string {
  // oxlint-disable-next-line typescript/no-base-to-string -- a text of Yjs says what it holds
  return doc.getText('body').toString()
}

async function textIn(from: UpdateLog, room: string): Promise<string> {
  const doc = new Y.Doc()
  for (const update of (await from.read(room, 0)).updates) Y.applyUpdate(doc, update)
  return textOf(doc)
}

async function importFrom(
  opened: Promise<ImportSource>,
  options?: ImportOptions,
  into: UpdateLog = log,
): Promise<{ report: ImportReport; rooms: ImportedRoom[] }> {
  const source = await opened
  sources.push(source)
  const rooms: ImportedRoom[] = []
  const report = await importRooms(source, into, { ...options, onRoom: (room) => rooms.push(room) })
  return { report, rooms }
}

const failures = (rooms: readonly ImportedRoom[]): Record<string, string> =>
  Object.fromEntries(
    rooms.flatMap((room): [string, string][] =>
      room.outcome === 'failed' ? [[room.name, `${room.reason.code}: ${room.reason.message}`]] : [],
    ),
  )

test('a directory holds a file for each room, or a folder with several, and names are percent-encoded', async () => {
  const minutes = typed('c', 'b', 'a')
  await writeFile(join(directory, 'notes.bin'), Y.encodeStateAsUpdate(typed('hello').doc))
  await writeFile(join(directory, 'team%2Fplan.v2.update'), Y.encodeStateAsUpdate(typed('plan').doc))
  await writeFile(join(directory, '100%'), Y.encodeStateAsUpdate(typed('as it is').doc))
  await writeFile(join(directory, '.DS_Store'), 'not a room')
  await mkdir(join(directory, 'minutes'))
  for (const [index, update] of minutes.updates.entries()) {
    await writeFile(join(directory, 'minutes', `${index}.bin`), update)
  }
  const { report } = await importFrom(openUpdateDirectory(directory))
  expect(report).toMatchObject({ imported: 4, merged: 0, unchanged: 0, failed: 0 })
  expect(await textIn(log, 'notes')).toBe('hello')
  expect(await textIn(log, 'team/plan.v2')).toBe('plan')
  expect(await textIn(log, '100%')).toBe('as it is')
  expect(await textIn(log, 'minutes')).toBe('abc')
  expect(report.bytes).toBeGreaterThan(0)
})

test('updates of format v2 are imported as what they say', async () => {
  const { doc } = typed('hello')
  await writeFile(join(directory, 'notes'), Y.encodeStateAsUpdateV2(doc))
  await importFrom(openUpdateDirectory(directory), { format: 'v2' })
  expect(await textIn(log, 'notes')).toBe('hello')
  const stored = (await log.read('notes', 0)).updates.at(0)!
  expect(convertUpdateFormatV1ToV2(stored)).toEqual(Y.encodeStateAsUpdateV2(doc))
})

test('a second import adds nothing', async () => {
  await writeFile(join(directory, 'notes'), Y.encodeStateAsUpdate(typed('hello').doc))
  await importFrom(openUpdateDirectory(directory))
  const { report } = await importFrom(openUpdateDirectory(directory))
  expect(report).toMatchObject({ imported: 0, merged: 0, unchanged: 1, failed: 0 })
  expect((await log.head('notes')).position.seq).toBe(1)
})

test('a room that has data is merged with its source', async () => {
  const { doc } = typed('hello')
  const fork = new Y.Doc()
  Y.applyUpdate(fork, Y.encodeStateAsUpdate(doc))
  fork.getText('body').insert(5, ' world')
  doc.getText('body').delete(0, 1)
  await log.append([{ room: 'notes', update: Y.encodeStateAsUpdate(fork) }])
  await writeFile(join(directory, 'notes'), Y.encodeStateAsUpdate(doc))
  const { report } = await importFrom(openUpdateDirectory(directory))
  expect(report).toMatchObject({ imported: 0, merged: 1, failed: 0 })
  expect(await textIn(log, 'notes')).toBe('ello world')
})

test('bad rooms are reported with the place of what is bad, and the others go on', async () => {
  const { doc, updates } = typed('hello', 'x')
  const impostor = new Y.Doc()
  impostor.clientID = doc.clientID
  impostor.getText('body').insert(0, 'other')
  await log.append([{ room: 'taken', update: updates.at(0)! }])
  await writeFile(join(directory, 'bad.bin'), Uint8Array.of(1, 2, 3))
  await writeFile(join(directory, 'good.bin'), Y.encodeStateAsUpdate(doc))
  await writeFile(join(directory, 'taken'), Y.encodeStateAsUpdate(impostor))
  await writeFile(join(directory, 'a%00b'), updates.at(0)!)
  await mkdir(join(directory, 'nested', 'folder'), { recursive: true })
  await mkdir(join(directory, 'partly'))
  await writeFile(join(directory, 'partly', '1'), updates.at(0)!)
  await writeFile(join(directory, 'partly', '2'), Uint8Array.of(9))
  const { report, rooms } = await importFrom(openUpdateDirectory(directory))
  expect(report).toMatchObject({ imported: 1, failed: 5 })
  const reasons = failures(rooms)
  expect(reasons['bad']).toMatch(/^bad-room: .*bad\.bin is no update of format v1: /)
  expect(reasons['taken']).toContain('the log has something else under the same IDs')
  expect(reasons['a\0b']).toContain('name')
  expect(reasons['nested']).toContain('folder is not a file')
  expect(reasons['partly']).toContain(join('partly', '2'))
  expect(await textIn(log, 'good')).toBe('xhello')
  // A room of which a part is bad is not there in part.
  expect((await log.head('partly')).position.seq).toBe(0)
  expect(await textIn(log, 'taken')).toBe('hello')
})

test('a dry run says the same and writes nothing', async () => {
  await writeFile(join(directory, 'notes'), Y.encodeStateAsUpdate(typed('hello').doc))
  await writeFile(join(directory, 'bad'), Uint8Array.of(1))
  const { report } = await importFrom(openUpdateDirectory(directory), { dryRun: true })
  expect(report).toMatchObject({ imported: 1, failed: 1 })
  expect(log.stats.entries).toBe(0)
})

test('a disk that is full ends the import; nothing else in the log is touched', async () => {
  await writeFile(join(directory, 'a'), Y.encodeStateAsUpdate(typed('a').doc))
  await writeFile(join(directory, 'b'), Y.encodeStateAsUpdate(typed('b').doc))
  const faulty = new FaultyLog(log)
  faulty.failNext('append', 'full')
  await expect(importFrom(openUpdateDirectory(directory), {}, faulty)).rejects.toMatchObject({ code: 'full' })
  // Run again, it goes on.
  expect((await importFrom(openUpdateDirectory(directory), {}, faulty)).report).toMatchObject({ imported: 2 })
})

test('what a log gives back otherwise than it was written is noticed', async () => {
  await writeFile(join(directory, 'notes'), Y.encodeStateAsUpdate(typed('hello').doc))
  const other = Y.encodeStateAsUpdate(typed('other').doc)
  const forgetful: UpdateLog = Object.assign(Object.create(log) as UpdateLog, {
    append: (batch: Parameters<UpdateLog['append']>[0]) =>
      log.append(batch.map(({ room }) => ({ room, update: other }))),
    read: (room: string, afterSeq: number) => log.read(room, afterSeq),
  })
  const { rooms } = await importFrom(openUpdateDirectory(directory), {}, forgetful)
  expect(failures(rooms)['notes']).toMatch(/^not-equal: /)
})

test('a directory that is not there is no source', async () => {
  await expect(openUpdateDirectory(join(directory, 'gone'))).rejects.toMatchObject({ code: 'unreadable-source' })
})

test('the store of a y-websocket server: every document with all of its updates, whatever else lies beside', async () => {
  const path = join(directory, 'store')
  const persistence = openYWebsocketStore(path)
  const names = ['notes', 'notes/2', 'n', 'ä🙂', 'x'.repeat(200), 'room with\nline']
  const docs = new Map(names.map((name) => [name, typed(`one ${name}`, 'two ', 'three ')]))
  for (const [name, { updates }] of docs) {
    for (const update of updates) await persistence.storeUpdate(name, update)
  }
  await persistence.setMeta('notes', 'title', 'Notes')
  await persistence.setMeta('meta only', 'title', 'no document')
  // What the server does when the last client goes: the updates become one.
  await persistence.flushDocument('n')
  await persistence.destroy()

  const { report, rooms } = await importFrom(openYLeveldb(path))
  expect(failures(rooms)).toEqual({ 'room with\nline': expect.stringContaining('name') as string })
  expect(report).toMatchObject({ imported: 5, unchanged: 1, failed: 1 })
  for (const name of names.slice(0, 5)) {
    const { doc } = docs.get(name)!
    expect(await textIn(log, name)).toBe(textOf(doc))
    const expected = UpdateStore.of([Y.encodeStateAsUpdate(doc)]).encode()
    expect(UpdateStore.of((await log.read(name, 0)).updates).encode()).toEqual(expected)
  }
})

test('a store that somebody holds, or that is none, is not read, and none is made', async () => {
  const path = join(directory, 'store')
  const holder = new ClassicLevel(path)
  await holder.open()
  await expect(openYLeveldb(path)).rejects.toMatchObject({ code: 'unreadable-source' })
  await holder.close()
  await expect(openYLeveldb(join(directory, 'gone'))).rejects.toMatchObject({ code: 'unreadable-source' })
  expect(await readdir(directory)).toEqual(['store'])
})

test('a key that the server does not write is reported, not passed over', async () => {
  const path = join(directory, 'store')
  const level = new ClassicLevel<Uint8Array, Uint8Array>(path, { keyEncoding: 'view', valueEncoding: 'view' })
  await level.put(Buffer.from('0002763105', 'hex'), Uint8Array.of(0, 0))
  await level.close()
  const { rooms } = await importFrom(openYLeveldb(path))
  expect(failures(rooms)).toEqual({ '(key 0002763105)': 'bad-room: not a key that y-leveldb writes' })
})

/** As the SQLite extension of Hocuspocus makes it. */
function hocuspocusDatabase(path: string, rows: readonly (readonly [string, Uint8Array | string])[]): void {
  const database = new sqlite.Database(path)
  database.exec(
    'CREATE TABLE IF NOT EXISTS "documents" ("name" varchar(255) NOT NULL,"data" blob NOT NULL,UNIQUE(name))',
  )
  database.exec('BEGIN')
  for (const [name, data] of rows) database.run('INSERT INTO "documents" VALUES (?, ?)', [name, data])
  database.exec('COMMIT')
  database.close()
}

test('the database of a Hocuspocus server: every row, and bad rows are reported', async () => {
  const path = join(directory, 'hocuspocus.sqlite')
  // More than are read at a time, and of one content: it is their number that counts here.
  const update = Y.encodeStateAsUpdate(typed('x').doc)
  const many = Array.from({ length: 1030 }, (_, index) => [`room ${index}`, update] as const)
  hocuspocusDatabase(path, [...many, ['text', 'no blob'], ['bad', Uint8Array.of(7)], ['empty', Uint8Array.of(0, 0)]])
  const { report, rooms } = await importFrom(openHocuspocusSqlite(path))
  expect(report).toMatchObject({ imported: 1030, unchanged: 1, failed: 2 })
  expect(Object.keys(failures(rooms))).toEqual(['text', 'bad'])
  expect(await textIn(log, 'room 1029')).toBe('x')
})

test('a file that is no such database is refused, and one in WAL mode with what to do about it', async () => {
  const unreadable = { code: 'unreadable-source' }
  await expect(openHocuspocusSqlite(join(directory, 'gone'))).rejects.toMatchObject(unreadable)
  await writeFile(join(directory, 'text'), 'x'.repeat(5000))
  await expect(openHocuspocusSqlite(join(directory, 'text'))).rejects.toMatchObject(unreadable)
  const other = new sqlite.Database(join(directory, 'other'))
  other.exec('CREATE TABLE other (a)')
  other.close()
  await expect(openHocuspocusSqlite(join(directory, 'other'))).rejects.toThrow('documents')
  hocuspocusDatabase(join(directory, 'locked'), [])
  await mkdir(join(directory, 'locked.lock'))
  await expect(openHocuspocusSqlite(join(directory, 'locked'))).rejects.toThrow('remove')
  const wal = Buffer.alloc(4096)
  wal.write('SQLite format 3\0')
  wal[18] = wal[19] = 2
  await writeFile(join(directory, 'wal'), wal)
  await expect(openHocuspocusSqlite(join(directory, 'wal'))).rejects.toThrow('journal_mode = DELETE')
})
