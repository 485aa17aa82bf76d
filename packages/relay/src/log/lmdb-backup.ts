/**
 * A copy of an LMDB log while a relay writes to it: the state of one moment, as LMDB copies it within one read
 * transaction. It needs no word to the relay, whose reads and writes go on; but pages that the relay frees meanwhile
 * are not used again before the copy is done, so the log may grow by what is written in that time.
 *
 * The copy appears whole or not at all: it is written beside its place, flushed, and only then given its name. It is a
 * log of its own: a relay that is started on it tells clients that have seen more, and gets from them what it lacks.
 */
import { existsSync } from 'node:fs'
import { mkdir, open as openFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { open } from 'lmdb'
import { LogError } from '../errors.ts'
import { isFullDisk } from './full-disk.ts'
import { assertLmdbFile } from './lmdb-file.ts'
import { openLmdbLog } from './lmdb-log.ts'

const LOG_FILE = 'log.mdb'
const PARTIAL_FILE = 'log.mdb-partial'

export interface LogBackup {
  readonly rooms: number
  /** Of the copy on the disk; unused pages are left out. */
  readonly bytes: number
}

/**
 * Copies the log in `directory` into the directory `to`, which is made, or has to be empty; then reads every row of the
 * copy. Rejects with `LogError`: `unreadable` when there is no log, or the copy cannot be read; `in-use` when `to` holds
 * something; `full` or `io` when it cannot be written. Costs a read of the log and a write of what is used of it.
 */
export async function backUpLmdbLog(directory: string, to: string): Promise<LogBackup> {
  const source = join(directory, LOG_FILE)
  if (!existsSync(source)) throw new LogError('unreadable', `there is no log in ${directory}`)
  assertLmdbFile(source)
  const partial = join(to, PARTIAL_FILE)
  try {
    await mkdir(to, { recursive: true })
    const found = (await readdir(to)).filter((name) => name !== PARTIAL_FILE)
    if (found.length > 0) throw new LogError('in-use', `${to} is not empty: it holds ${found[0]}`)
    await rm(partial, { force: true })
    await copyTo(source, partial)
    await flush(partial)
    await rename(partial, join(to, LOG_FILE))
    if (process.platform !== 'win32') await flush(to)
  } catch (cause) {
    if (cause instanceof LogError) throw cause
    const code = isFullDisk(cause) ? 'full' : 'io'
    throw new LogError(code, `cannot back up ${directory} to ${to}: ${String(cause)}`, { cause })
  }
  return { rooms: await readAll(to), bytes: (await stat(join(to, LOG_FILE))).size }
}

async function copyTo(source: string, path: string): Promise<void> {
  const environment = open({ path: source, noSubdir: true, readOnly: true, encoding: 'binary', keyEncoding: 'binary' })
  try {
    await environment.backup(path, true)
  } finally {
    await environment.close()
  }
}

/** Makes a file, or the names in a directory, durable. */
async function flush(path: string): Promise<void> {
  await using handle = await openFile(path, 'r')
  await handle.sync()
}

/** Reads everything as a relay would, and counts the rooms. */
async function readAll(directory: string): Promise<number> {
  await using log = await openLmdbLog({ directory })
  let rooms = 0
  for await (const room of log.rooms()) {
    await log.read(room, 0)
    rooms++
  }
  return rooms
}
