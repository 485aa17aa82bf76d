/**
 * One relay per data directory. The lock dies with its process, `kill -9` included, and needs no clock.
 *
 * It is a tiny LMDB environment of its own, because LMDB already has what a lock needs on every system: a table of
 * readers whose processes the kernel vouches for (a byte-range lock per process, released by the kernel when it dies),
 * and write transactions that exclude each other between processes. Whoever wants the directory enters the table,
 * begins a write transaction, clears the table of the dead, and looks whether the holder named in the one row is still
 * in it:
 *
 *   row names nobody, or a process that is not in the table ──▶ free: write our own pid into the row
 *   row names another process in the table                  ──▶ in use, by that pid
 *   our own pid is in the table twice                       ──▶ in use, by this process
 *
 * Two relays with the same pid, which containers can have, are still told apart by the kernel: the second one cannot
 * enter the table. The binding tries for some ten seconds, in which the first may end, and blocks the thread meanwhile.
 *
 * The environment is apart from the log's, because being in the table pins a snapshot, which in the log's own
 * environment would keep pages from being used again.
 */
import { join } from 'node:path'
import type { Transaction } from 'lmdb'
import { LogError } from '../errors.ts'
import { isFullDisk } from './full-disk.ts'
import { openLmdbFile, type LmdbFile } from './lmdb-file.ts'

const HOLDER_KEY = Uint8Array.of(1)

/** Holds the directory until it is let go. */
export interface DirectoryLock {
  /** Idempotent. */
  release(): Promise<void>
}

/**
 * Takes `directory`, which must exist, for this process. Throws `LogError` `in-use`, or as `openLmdbFile` does. At once,
 * unless a relay with this very pid holds it: then the event loop stands still for up to ten seconds.
 */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const environment = openLmdbFile(join(directory, 'holder.mdb'))
  const presence = await enterTable(environment, directory)
  const release = async (): Promise<void> => {
    presence.done()
    await environment.close()
  }
  let holder: number | undefined
  try {
    holder = environment.transactionSync(() => takeOver(environment))
  } catch (cause) {
    await release()
    throw lockError(directory, cause)
  }
  if (holder !== undefined) {
    await release()
    const who = holder === process.pid ? 'this process' : `process ${holder}`
    throw new LogError('in-use', `the data directory ${directory} is held by another relay (${who})`)
  }
  let released: Promise<void> | undefined
  return { release: () => (released ??= release()) }
}

/** Closes the environment when the table cannot be entered. */
async function enterTable(environment: LmdbFile, directory: string): Promise<Transaction> {
  try {
    return environment.useReadTransaction()
  } catch (cause) {
    const twin = holdsOurPid(environment)
    await environment.close()
    if (!twin) throw lockError(directory, cause)
    const who = `process ${process.pid}, an ID that this one has, too, as in two containers`
    throw new LogError('in-use', `the data directory ${directory} is held by another relay (${who})`, { cause })
  }
}

/** Whether the table names a process with our pid, though we are not in it. A dead one would have let us in. */
function holdsOurPid(environment: LmdbFile): boolean {
  try {
    return readerPids(environment.readerList()).includes(process.pid)
  } catch {
    // Whatever it is, the first failure is the one to tell of.
    return false
  }
}

function lockError(directory: string, cause: unknown): LogError {
  const code = isFullDisk(cause) ? 'full' : 'io'
  return new LogError(code, `cannot lock the data directory ${directory}: ${String(cause)}`, { cause })
}

/** Within a write transaction: makes this process the holder, or returns the pid of the one that is. */
function takeOver(environment: LmdbFile): number | undefined {
  environment.readerCheck()
  const present = readerPids(environment.readerList())
  if (present.filter((reader) => reader === process.pid).length > 1) return process.pid
  const row = environment.getBinary(HOLDER_KEY)
  const named = row === undefined ? undefined : Number(row.toString())
  if (named !== undefined && named !== process.pid && present.includes(named)) return named
  environment.putSync(HOLDER_KEY, Buffer.from(String(process.pid)))
  return undefined
}

/** LMDB prints its table for people: a header, then one line `pid thread transaction` per reader. */
function readerPids(table: string): readonly number[] {
  return table
    .split('\n')
    .map((line) => Number.parseInt(line, 10))
    .filter((pid) => pid > 0)
}
