/**
 * How this relay opens a file as an LMDB environment: with bytes for keys and values, and with the flags on which
 * durability depends (see lmdb-environment.ts).
 *
 * The binding crashes the process when it cannot open or create its two files: a file that is no environment, a lock
 * file that is a directory, a full disk. So everything that may be in the way is found out beforehand, and is a
 * `LogError` here.
 */
import {
  accessSync,
  closeSync,
  constants,
  fsyncSync,
  openSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { open, type RootDatabase } from 'lmdb'
import { LogError } from '../errors.ts'
import { isFullDisk } from './full-disk.ts'

export type LmdbFile = RootDatabase<Uint8Array, Uint8Array>

/** The magic number and the format version stand at these bytes of LMDB's first page, little-endian. */
const MAGIC_OFFSET = 24
const MAGIC = 0xbeefc0de
const DATA_VERSION = 2

/**
 * At least what LMDB writes into a new environment: two roots and the first page, of 16 KiB each on the largest
 * systems.
 */
const FIRST_PAGES_BYTES = 64 * 1024
/** More than LMDB's table of readers takes, and less than it takes: a lock file between the two is whole. */
const LOCK_FILE_BYTES = 16 * 1024
const WHOLE_LOCK_FILE_BYTES_MIN = 8 * 1024

/** Opens the environment, or creates it in a directory that exists. Throws `LogError` `unreadable`, `full` or `io`. */
export function openLmdbFile(path: string): LmdbFile {
  try {
    const created = !assertUsable(path)
    prepareLockFile(`${path}-lock`)
    const file = open<Uint8Array, Uint8Array>({
      path,
      noSubdir: true,
      encoding: 'binary',
      keyEncoding: 'binary',
      overlappingSync: false,
      // The binding's own batches reject a promise that nobody can reach when a commit fails; ours are explicit.
      eventTurnBatching: false,
    })
    if (created) flushDirectory(dirname(path))
    return file
  } catch (cause) {
    if (cause instanceof LogError) throw cause
    throw new LogError(isFullDisk(cause) ? 'full' : 'io', `cannot open ${path}: ${String(cause)}`, { cause })
  }
}

/**
 * Whether there is an environment; a file that is absent or empty will become one. Throws when there is something else.
 */
function assertUsable(path: string): boolean {
  const start = Buffer.alloc(MAGIC_OFFSET + 8)
  const descriptor = openSync(path, 'a+', 0o664)
  try {
    const length = readSync(descriptor, start, 0, start.length, 0)
    if (length === 0) {
      assertRoom(path)
      return false
    }
    const known =
      length === start.length &&
      start.readUInt32LE(MAGIC_OFFSET) === MAGIC &&
      start.readUInt32LE(MAGIC_OFFSET + 4) === DATA_VERSION
    if (!known) throw new LogError('unreadable', `${path} is not a file of this relay, or is damaged`)
    return true
  } finally {
    closeSync(descriptor)
  }
}

/** Writes as much as a new environment needs, elsewhere: what is left of it after a crash is in nobody's way. */
function assertRoom(path: string): void {
  const probe = `${path}-probe`
  try {
    writeFileSync(probe, new Uint8Array(FIRST_PAGES_BYTES))
  } finally {
    rmSync(probe, { force: true })
  }
}

/**
 * Gives a new lock file its blocks: LMDB maps it, and a block that the disk does not have ends the process (`SIGBUS`).
 * A whole one is not even opened: closing any descriptor of it would let go of the locks that this process holds on it.
 */
function prepareLockFile(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found !== undefined && !found.isFile()) throw new LogError('io', `${path} is not a file`)
  if (found !== undefined && found.size >= WHOLE_LOCK_FILE_BYTES_MIN) {
    return accessSync(path, constants.R_OK | constants.W_OK)
  }
  writeFileSync(path, new Uint8Array(LOCK_FILE_BYTES), { flag: 'a', mode: 0o664 })
}

/** A new file is only durable once its directory is. Windows keeps directories by itself and lets nobody open one. */
function flushDirectory(directory: string): void {
  if (process.platform === 'win32') return
  const descriptor = openSync(directory, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
