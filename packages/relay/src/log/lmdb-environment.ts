/**
 * The driver of one LMDB environment: read a key, and make a set of changes durable in one transaction. Everything that
 * is particular to LMDB and to its binding stays in this file; what the keys mean is the log's business.
 *
 * Durability. Without `overlappingSync`, a commit runs on a thread of its own, in this order: write the pages,
 * `fdatasync`, write the new root through a descriptor opened with `O_DSYNC`. Only then does the promise resolve. (On
 * macOS the flush is `F_FULLFSYNC`, on Windows `FlushFileBuffers`.) So what resolved survives a power cut, and a crash
 * at any moment leaves either the old root or the new one.
 *
 * Failure. A commit that fails before the root is written leaves nothing, and the next one may succeed. One that fails
 * while writing the root leaves the environment unusable: the binding would never settle another write. So after each
 * failure the environment is probed, and reopened if need be. Whether that last commit took place is then up to the
 * disk.
 *
 *   open ──commit fails──▶ probed ──usable──▶ open
 *                             └──unusable──▶ broken ──next commit reopens──▶ open
 */
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { LogError } from '../errors.ts'
import { isFullDisk } from './full-disk.ts'
import { openLmdbFile, type LmdbFile } from './lmdb-file.ts'

/** A key's new value; `undefined` removes it. */
export interface Change {
  readonly key: Uint8Array
  readonly value: Uint8Array | undefined
}

export class LmdbEnvironment {
  readonly #path: string
  #state: { readonly kind: 'open'; readonly database: LmdbFile } | Broken | { kind: 'closed' }

  /** Opens the environment in the file `path`, or creates it. Throws `LogError` `unreadable` or `io`. */
  constructor(path: string) {
    this.#path = path
    this.#state = { kind: 'open', database: openLmdbFile(path) }
  }

  /**
   * The value, in bytes of its own, as the last successful commit left it. Blocks on a page fault if the page is not in
   * memory.
   */
  get(key: Uint8Array): Uint8Array | undefined {
    const value = this.#database().getBinary(key)
    // Plain bytes: the binding returns buffers with properties of their own.
    return value === undefined ? undefined : new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  }

  /** The keys in [`start`, `end`), in order of their bytes, at most `limit` of them. */
  keys(start: Uint8Array, end: Uint8Array, limit: number): readonly Uint8Array[] {
    return [...this.#database().getKeys({ start, end, limit })]
  }

  /** The values of all keys in [`start`, `end`), with their keys, in order; each in bytes of its own. */
  *rows(start: Uint8Array, end: Uint8Array): IterableIterator<readonly [key: Uint8Array, value: Uint8Array]> {
    for (const key of this.#database().getKeys({ start, end })) yield [key, this.get(key)!]
  }

  /** The last key in [`start`, `end`). */
  lastKey(start: Uint8Array, end: Uint8Array): Uint8Array | undefined {
    // Backwards, what is excluded is where it ends.
    const range = { start: end, end: start, reverse: true, exclusiveStart: true, inclusiveEnd: true, limit: 1 }
    return [...this.#database().getKeys(range)].at(0)
  }

  /**
   * Makes the changes durable, all of them or none, off the event loop. One commit at a time. The values are borrowed
   * until it settles. Rejects with `LogError` `full` or `io`.
   */
  async commit(changes: readonly Change[]): Promise<void> {
    if (this.#state.kind === 'broken') this.#reopen()
    const database = this.#database()
    if (changes.length === 0) return
    try {
      await database.batch(() => {
        // None of these promises is of interest: the batch settles for all of them.
        for (const { key, value } of changes) {
          if (value === undefined) void database.remove(key)
          else void database.put(key, value)
        }
      })
    } catch (error) {
      const cause = await commitCause(error)
      await this.#probe(database)
      const bytes = changes.reduce((sum, { value }) => sum + (value?.length ?? 0), 0)
      throw await commitError(cause, dirname(this.#path), bytes)
    }
    database.resetReadTxn()
  }

  /** Idempotent. The commit under way, if any, must have settled. */
  async close(): Promise<void> {
    const state = this.#state
    this.#state = { kind: 'closed' }
    if (state.kind === 'open') await state.database.close()
  }

  #database(): LmdbFile {
    if (this.#state.kind === 'open') return this.#state.database
    if (this.#state.kind === 'closed') throw new LogError('closed', 'the log is closed')
    throw new LogError('io', 'the log could not be opened again after a failed write', { cause: this.#state.cause })
  }

  /**
   * Finds out whether a failed commit left the environment usable: an unusable one refuses even an empty transaction.
   */
  async #probe(database: LmdbFile): Promise<void> {
    try {
      database.transactionSync(() => undefined)
    } catch (cause) {
      this.#state = { kind: 'broken', cause }
      try {
        await database.close()
        this.#reopen()
      } catch {
        // It stays broken, which each call reports, until a commit finds that it can be reopened.
      }
    }
  }

  #reopen(): void {
    try {
      this.#state = { kind: 'open', database: openLmdbFile(this.#path) }
    } catch (cause) {
      this.#state = { kind: 'broken', cause }
      throw cause
    }
  }
}

interface Broken {
  readonly kind: 'broken'
  readonly cause: unknown
}

/**
 * The binding rejects with an error that holds a promise of the real one. Taking it also keeps that from going
 * unhandled.
 */
async function commitCause(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('commitError' in error)) return error
  try {
    await error.commitError
    return error
  } catch (cause) {
    return cause
  }
}

/** A write cut short by a full disk is reported by LMDB as a plain I/O error, so the disk itself is asked. */
async function commitError(cause: unknown, directory: string, bytes: number): Promise<LogError> {
  if (isFullDisk(cause) || (await freeBytes(directory)) <= bytes) {
    return new LogError('full', 'the disk is full', { cause })
  }
  return new LogError('io', `writing the log failed: ${String(cause)}`, { cause })
}

async function freeBytes(directory: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(directory)
    return bavail * bsize
  } catch {
    // A disk that does not answer is not a full one.
    return Infinity
  }
}
