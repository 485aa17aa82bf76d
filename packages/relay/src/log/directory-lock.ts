/**
 * One relay per data directory. The lock dies with its process, `kill -9` included, and needs no clock.
 *
 * It is a tiny LMDB environment of its own, because LMDB already has what a lock needs on every system: a table of readers whose
 * processes the kernel vouches for (a byte-range lock per process, released by the kernel when it dies), and write transactions
 * that exclude each other between processes. Whoever wants the directory enters the table, begins a write transaction, clears
 * the table of the dead, and looks whether the holder named in the one row is still in it:
 *
 *   row names nobody, or a process that is not in the table ──▶ free: write our own pid into the row
 *   row names another process in the table                  ──▶ in use, by that pid
 *   our own pid is in the table twice                       ──▶ in use, by this process
 *
 * The environment is apart from the log's, because being in the table pins a snapshot, which in the log's own environment would
 * keep pages from being used again.
 */
import { join } from 'node:path'
import { LogError } from '../errors.ts'
import { openLmdbFile } from './lmdb-file.ts'

const HOLDER_KEY = Uint8Array.of(1)

/** Holds the directory until it is let go. */
export interface DirectoryLock {
  /** Idempotent. */
  release(): Promise<void>
}

/** Takes `directory`, which must exist, for this process. Throws `LogError` `in-use`. */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const environment = openLmdbFile(join(directory, 'holder.mdb'))
  const presence = environment.useReadTransaction()
  const release = async (): Promise<void> => {
    presence.done()
    await environment.close()
  }
  const holder = environment.transactionSync((): number | undefined => {
    environment.readerCheck()
    const present = readerPids(environment.readerList())
    const named = environment.getBinary(HOLDER_KEY)
    const pid = named === undefined ? undefined : Number(Buffer.from(named).toString())
    if (present.filter((reader) => reader === process.pid).length > 1) return process.pid
    if (pid !== undefined && pid !== process.pid && present.includes(pid)) return pid
    environment.putSync(HOLDER_KEY, Buffer.from(String(process.pid)))
    return undefined
  })
  if (holder !== undefined) {
    await release()
    const who = holder === process.pid ? 'this process' : `process ${holder}`
    throw new LogError('in-use', `the data directory ${directory} is held by another relay (${who})`)
  }
  let released: Promise<void> | undefined
  return { release: () => (released ??= release()) }
}

/** LMDB prints its table for people: a header, then one line `pid thread transaction` per reader. */
function readerPids(table: string): readonly number[] {
  return table
    .split('\n')
    .map((line) => Number.parseInt(line, 10))
    .filter((pid) => pid > 0)
}
