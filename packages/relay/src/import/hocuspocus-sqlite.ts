/**
 * The SQLite database of a Hocuspocus server as a source: one row per document in the table `documents(name, data)`,
 * `data` being the whole document as one update. It is opened for reading only; the server must have been stopped, or
 * this is a copy, since the library takes no part in SQLite's locks.
 *
 * The library is SQLite in WebAssembly, which reads the file page by page. It cannot read a database in WAL mode, and a
 * reader that left the `-wal` file aside would miss the latest changes: such a database is refused.
 */
import { existsSync } from 'node:fs'
import { open } from 'node:fs/promises'
import type { Database } from 'node-sqlite3-wasm'
import { ImportError } from '../errors.ts'
import type { ImportSource, SourceRoom, SourceUpdate } from './import-source.ts'
import { optionalLibrary } from './optional-library.ts'

/** The read version in SQLite's header: 2 in WAL mode. */
const READ_VERSION_OFFSET = 19
const WAL_VERSION = 2

/** Names that are read at a time. */
const NAMES_MAX = 1024

/** Opens the database in the file `path`. Throws `ImportError` `unreadable-source` or `missing-library`. */
export async function openHocuspocusSqlite(path: string): Promise<ImportSource> {
  await assertNotWal(path)
  const library = await optionalLibrary('node-sqlite3-wasm', async () => (await import('node-sqlite3-wasm')).default)
  let database: Database
  try {
    database = new library.Database(path, { readOnly: true, fileMustExist: true })
  } catch (cause) {
    throw unreadable(path, cause)
  }
  try {
    // One transaction for all reads: the library takes its lock, a directory beside the file, once and not for each.
    database.exec('BEGIN')
    // Without the table, or with another one of that name, this throws.
    database.get('SELECT name, data FROM documents LIMIT 1')
  } catch (cause) {
    database.close()
    throw unreadable(path, cause)
  }
  const close = async (): Promise<void> => {
    if (database.isOpen) database.close()
  }
  return { rooms: () => roomsOf(database, path), close, [Symbol.asyncDispose]: close }
}

async function* roomsOf(database: Database, path: string): AsyncIterable<SourceRoom> {
  for (let last = 0; ;) {
    let rows: readonly Record<string, unknown>[]
    try {
      rows = database.all('SELECT rowid, name FROM documents WHERE rowid > ? ORDER BY rowid LIMIT ?', [last, NAMES_MAX])
    } catch (cause) {
      throw unreadable(path, cause)
    }
    for (const { rowid, name } of rows) {
      last = Number(rowid)
      yield { name: String(name), read: () => readRow(database, Number(rowid)) }
    }
    if (rows.length < NAMES_MAX) return
  }
}

async function readRow(database: Database, rowid: number): Promise<readonly SourceUpdate[]> {
  const where = `the data of row ${rowid}`
  let data: unknown
  try {
    data = database.get('SELECT data FROM documents WHERE rowid = ?', rowid)?.['data']
  } catch (cause) {
    throw new ImportError('bad-room', `cannot read ${where}: ${String(cause)}`, { cause })
  }
  if (!(data instanceof Uint8Array)) throw new ImportError('bad-room', `${where} is not a blob`)
  return [{ where, update: data }]
}

async function assertNotWal(path: string): Promise<void> {
  const header = Buffer.alloc(READ_VERSION_OFFSET + 1)
  try {
    await using file = await open(path)
    await file.read(header, 0, header.length, 0)
  } catch (cause) {
    throw unreadable(path, cause)
  }
  if (header[READ_VERSION_OFFSET] !== WAL_VERSION) return
  const advice = `stop the server, then: sqlite3 ${path} "PRAGMA journal_mode = DELETE"`
  throw new ImportError(
    'unreadable-source',
    `the database ${path} is in WAL mode, which cannot be read here; ${advice}`,
  )
}

function unreadable(path: string, cause: unknown): ImportError {
  // What the library leaves behind when its process is killed, and then waits for.
  const lock = `${path}.lock`
  const advice = existsSync(lock) ? `; if no process uses it, remove ${lock}` : ''
  const message = `cannot read the database ${path}: ${String(cause)}${advice}`
  return new ImportError('unreadable-source', message, { cause })
}
