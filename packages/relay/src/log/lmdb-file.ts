/**
 * How this relay opens a file as an LMDB environment: with bytes for keys and values, and with the flags on which durability
 * depends (see lmdb-environment.ts). The binding crashes the process when it opens a file that is no environment, or one that it
 * may not write; so both are found out beforehand.
 */
import { closeSync, fsyncSync, openSync, readSync } from 'node:fs'
import { dirname } from 'node:path'
import { open, type RootDatabase } from 'lmdb'
import { LogError } from '../errors.ts'

export type LmdbFile = RootDatabase<Uint8Array, Uint8Array>

/** The magic number and the format version stand at these bytes of LMDB's first page, little-endian. */
const MAGIC_OFFSET = 24
const MAGIC = 0xbeefc0de
const DATA_VERSION = 2

/** Opens the environment, or creates it in a directory that exists. Throws `LogError` `unreadable` or `io`. */
export function openLmdbFile(path: string): LmdbFile {
  const created = !assertUsable(path)
  let file: LmdbFile
  try {
    file = open<Uint8Array, Uint8Array>({
      path,
      noSubdir: true,
      encoding: 'binary',
      keyEncoding: 'binary',
      overlappingSync: false,
      // The binding's own batches reject a promise that nobody can reach when a commit fails; ours are explicit.
      eventTurnBatching: false,
    })
  } catch (cause) {
    throw new LogError('io', `cannot open ${path}: ${String(cause)}`, { cause })
  }
  if (created) flushDirectory(dirname(path))
  return file
}

/** Whether there is an environment; a file that is absent or empty will become one. Throws when there is something else. */
function assertUsable(path: string): boolean {
  const start = Buffer.alloc(MAGIC_OFFSET + 8)
  let length: number
  try {
    const descriptor = openSync(path, 'a+', 0o664)
    try {
      length = readSync(descriptor, start, 0, start.length, 0)
    } finally {
      closeSync(descriptor)
    }
  } catch (cause) {
    throw new LogError('io', `cannot open ${path}: ${String(cause)}`, { cause })
  }
  if (length === 0) return false
  const known =
    length === start.length &&
    start.readUInt32LE(MAGIC_OFFSET) === MAGIC &&
    start.readUInt32LE(MAGIC_OFFSET + 4) === DATA_VERSION
  if (!known) throw new LogError('unreadable', `${path} is not a file of this relay, or is damaged`)
  return true
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
