/**
 * How this relay opens a file as an LMDB environment: with bytes for keys and values, and with the flags on which
 * durability depends (see lmdb-environment.ts).
 *
 * The binding crashes the process when it cannot open or create its two files: a file that is no environment or was cut
 * short, a lock file that is a directory, a full disk. So everything that may be in the way is found out beforehand, and is a
 * `LogError` here.
 */
import {
  accessSync,
  closeSync,
  constants,
  fstatSync,
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
import { isWholeLmdbFile } from './lmdb-extent.ts'

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

/** A relay that writes while somebody else looks may use pages again that were being looked at. */
const LOOKS_MAX = 3
/** On others LMDB has other pages. */
const is64Bit = !['arm', 'ia32', 'mips', 'mipsel', 'ppc', 's390'].includes(process.arch)

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
 * Throws `LogError` `unreadable` unless there is a whole environment in the file; `io` when it cannot be read. A relay
 * may be writing to it.
 */
export function assertLmdbFile(path: string): void {
  try {
    if (!holdsEnvironment(path, 'r')) throw unreadable(path, 'is empty')
  } catch (cause) {
    if (cause instanceof LogError) throw cause
    throw new LogError('io', `cannot read ${path}: ${String(cause)}`, { cause })
  }
}

/**
 * Whether there is an environment; a file that is absent or empty will become one. Throws when there is something else.
 */
function assertUsable(path: string): boolean {
  const found = holdsEnvironment(path, 'a+')
  if (!found) assertRoom(path)
  return found
}

/** False for an empty file. Throws when there is something else than an environment, or a part of one. */
function holdsEnvironment(path: string, flags: 'r' | 'a+'): boolean {
  const start = Buffer.alloc(MAGIC_OFFSET + 8)
  const descriptor = openSync(path, flags, 0o664)
  try {
    const length = readSync(descriptor, start, 0, start.length, 0)
    if (length === 0) return false
    const known =
      length === start.length &&
      start.readUInt32LE(MAGIC_OFFSET) === MAGIC &&
      start.readUInt32LE(MAGIC_OFFSET + 4) === DATA_VERSION
    if (!known) throw unreadable(path, 'is not a file of this relay, or is damaged')
    if (is64Bit && !isWhole(descriptor)) throw unreadable(path, 'was cut short: what it refers to is not in it')
    return true
  } finally {
    closeSync(descriptor)
  }
}

function isWhole(descriptor: number): boolean {
  for (let look = 0; look < LOOKS_MAX; look++) {
    if (isWholeLmdbFile(descriptor, fstatSync(descriptor).size)) return true
  }
  return false
}

function unreadable(path: string, why: string): LogError {
  return new LogError('unreadable', `${path} ${why}`)
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
