/**
 * The store of the y-websocket server (y-leveldb) as a source. LevelDB lets one process hold a store: the server must
 * have been stopped, or this is a copy. Opening one may fold LevelDB's own write-ahead log into its tables; no key or
 * value changes.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ClassicLevel } from 'classic-level'
import { ImportError } from '../errors.ts'
import type { ImportSource, SourceRoom, SourceUpdate } from './import-source.ts'
import { optionalLibrary } from './optional-library.ts'
import { documentKeys, documentOf, keysOf, updateKeysOf } from './y-leveldb-key.ts'

type Level = ClassicLevel<Uint8Array, Uint8Array>

/** Opens the store in `directory`. Throws `ImportError` `unreadable-source` or `missing-library`. */
export async function openYLeveldb(directory: string): Promise<ImportSource> {
  const library = await optionalLibrary('classic-level', () => import('classic-level'))
  // Opening a store that is not there would make its directory.
  if (!existsSync(join(directory, 'CURRENT'))) {
    throw new ImportError('unreadable-source', `${directory} is not the directory of a LevelDB store`)
  }
  const level: Level = new library.ClassicLevel(directory, { keyEncoding: 'view', valueEncoding: 'view' })
  try {
    await level.open({ createIfMissing: false, errorIfExists: false })
  } catch (error) {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error
    throw new ImportError('unreadable-source', `cannot open the store ${directory}: ${String(cause)}`, { cause })
  }
  return {
    rooms: () => roomsOf(level, directory),
    close: () => level.close(),
    [Symbol.asyncDispose]: () => level.close(),
  }
}

/** Looks at one key of each document, and skips the others. */
async function* roomsOf(level: Level, directory: string): AsyncIterable<SourceRoom> {
  const keys = level.keys({ gte: documentKeys.start, lt: documentKeys.end })
  try {
    for (let key = await keys.next(); key !== undefined; key = await keys.next()) {
      const name = documentOf(key)
      if (name === undefined) {
        yield unknownKey(key)
        continue
      }
      yield { name, read: () => readUpdates(level, name) }
      keys.seek(keysOf(name).end)
    }
  } catch (cause) {
    throw new ImportError('unreadable-source', `cannot read on in ${directory}: ${String(cause)}`, { cause })
  } finally {
    await keys.close()
  }
}

async function readUpdates(level: Level, document: string): Promise<readonly SourceUpdate[]> {
  const { start, end } = updateKeysOf(document)
  try {
    const entries = await level.iterator({ gte: start, lt: end }).all()
    return entries.map(([key, update]) => ({ where: `the value at key ${hex(key)}`, update }))
  } catch (cause) {
    throw new ImportError('bad-room', `cannot read the updates: ${String(cause)}`, { cause })
  }
}

/** A key that y-leveldb does not write is told as a room of its own, so that nothing is passed over in silence. */
function unknownKey(key: Uint8Array): SourceRoom {
  const name = `(key ${hex(key)})`
  return { name, read: () => Promise.reject(new ImportError('bad-room', 'not a key that y-leveldb writes')) }
}

function hex(key: Uint8Array): string {
  return Buffer.from(key).toString('hex')
}
