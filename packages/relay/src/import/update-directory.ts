/**
 * A directory of raw Yjs updates as a source:
 *
 *   DIR/notes.bin              the room `notes`, one update
 *   DIR/team%2Fplan.update     the room `team/plan`: names are percent-encoded where a file name must be
 *   DIR/minutes/0001.bin       the room `minutes`, all updates in its folder, in the order of their names
 *   DIR/minutes/0002.bin
 *
 * Files and folders whose names begin with a dot are left alone. Nothing is written.
 */
import type { Dirent } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { ImportError } from '../errors.ts'
import type { ImportSource, SourceRoom, SourceUpdate } from './import-source.ts'

/** Endings of files that are no part of a room's name. A name with another ending is taken whole. */
const UPDATE_ENDINGS = /\.(?:bin|dat|update|ydoc|yjs)$/

/** Opens `directory`. Throws `ImportError` `unreadable-source`. */
export async function openUpdateDirectory(directory: string): Promise<ImportSource> {
  const entries = await visibleEntries(directory)
  return {
    async *rooms() {
      for (const entry of entries) yield entry.isDirectory() ? folderRoom(directory, entry) : fileRoom(directory, entry)
    },
    close: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

function fileRoom(directory: string, entry: Dirent): SourceRoom {
  return {
    name: roomOf(entry.name.replace(UPDATE_ENDINGS, '')),
    read: async () => [await readUpdate(directory, entry)],
  }
}

function folderRoom(directory: string, { name }: Dirent): SourceRoom {
  return {
    name: roomOf(name),
    read: async () => {
      const folder = join(directory, name)
      const updates: SourceUpdate[] = []
      for (const entry of await visibleEntries(folder)) updates.push(await readUpdate(folder, entry))
      return updates
    },
  }
}

async function readUpdate(directory: string, entry: Dirent): Promise<SourceUpdate> {
  const path = join(directory, entry.name)
  if (!entry.isFile()) throw new ImportError('bad-room', `${path} is not a file`)
  try {
    return { where: path, update: await readFile(path) }
  } catch (cause) {
    throw new ImportError('bad-room', `cannot read ${path}: ${String(cause)}`, { cause })
  }
}

async function visibleEntries(directory: string): Promise<readonly Dirent[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true })
    return entries.filter(({ name }) => !name.startsWith('.')).sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch (cause) {
    throw new ImportError('unreadable-source', `cannot read the directory ${directory}: ${String(cause)}`, { cause })
  }
}

/** A name that is not well encoded stands for itself. */
function roomOf(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    return name
  }
}
