/**
 * The command `syncline-relay import`: another server's data in, rooms of this relay's log out. What became of the
 * rooms goes to stdout as one line at the end; progress and every room that failed go to stderr. Exit codes: 0 when
 * every room of the source is in the log, 1 when one is not, or there was none; 2 for a command line that makes no
 * sense.
 */
import { statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ImportError, LogError } from '../errors.ts'
import { openHocuspocusSqlite } from '../import/hocuspocus-sqlite.ts'
import { importRooms, type ImportReport, type ImportedRoom, type UpdateFormat } from '../import/import-rooms.ts'
import type { ImportSource } from '../import/import-source.ts'
import { openUpdateDirectory } from '../import/update-directory.ts'
import { openYLeveldb } from '../import/y-leveldb.ts'
import { openLmdbLog } from '../log/lmdb-log.ts'
import { MemoryLog } from '../log/memory-log.ts'
import type { UpdateLog } from '../log/update-log.ts'

export const importUsage = `Usage: syncline-relay import KIND PATH --data DIR [options]

Brings the rooms of another server into the log in DIR, while no relay runs on it. May be run again: a room that
is in the log already is merged with what PATH has of it. Every room is read back and compared.

KIND and PATH:
  updates            a directory of Yjs updates: a file for each room, or a folder for each room with several files;
                     names are percent-encoded, and an ending .bin, .dat, .update, .ydoc or .yjs is no part of them
  y-leveldb          the store of a y-websocket server (YPERSISTENCE); needs the package classic-level
  hocuspocus-sqlite  the database of a Hocuspocus server with its SQLite extension; needs the package node-sqlite3-wasm

Options:
  --data DIR     directory of the log; created if it is missing
  --format F     v1 or v2: the format of the updates in a directory (v1)
  --dry-run      read and check everything, write nothing
  --help         show this and exit

The other server must have been stopped, or PATH be a copy of its data.
`

export type SourceKind = 'updates' | 'y-leveldb' | 'hocuspocus-sqlite'

/** How each kind of source is opened. */
const sources: Readonly<Record<SourceKind, (path: string) => Promise<ImportSource>>> = {
  updates: openUpdateDirectory,
  'y-leveldb': openYLeveldb,
  'hocuspocus-sqlite': openHocuspocusSqlite,
}

/** What a command line that begins with `import` asks for. */
export type ImportCommand =
  | { readonly kind: 'import-help' }
  | { readonly kind: 'misuse'; readonly message: string }
  | {
      readonly kind: 'import'
      readonly source: SourceKind
      readonly path: string
      readonly data: string
      readonly format: UpdateFormat
      readonly dryRun: boolean
    }

/** Reads what follows `import`. */
export function parseImport(args: readonly string[]): ImportCommand {
  let parsed: ReturnType<typeof parseImportOptions>
  try {
    parsed = parseImportOptions(args)
  } catch (error) {
    return misuse((error as Error).message)
  }
  const { values, positionals } = parsed
  if (values.help === true) return { kind: 'import-help' }
  const [source, path, ...more] = positionals
  if (source === undefined || path === undefined) return misuse('import needs a KIND and a PATH')
  if (more.length > 0) return misuse(`import takes one PATH, not also ${more[0]}`)
  if (!isSourceKind(source)) return misuse(`import knows no kind ${source}, only ${Object.keys(sources).join(', ')}`)
  const { data = '', format = 'v1' } = values
  if (data === '') return misuse('import needs --data DIR')
  if (format !== 'v1' && format !== 'v2') return misuse(`--format ${format} is neither v1 nor v2`)
  if (format === 'v2' && source !== 'updates') return misuse(`--format is for updates: ${source} holds v1`)
  return { kind: 'import', source, path, data, format, dryRun: values['dry-run'] === true }
}

/** Imports, and sets the exit code. */
export async function runImport(command: ImportCommand & { kind: 'import' }): Promise<void> {
  const { source: kind, path, data, format, dryRun } = command
  try {
    await using source = await sources[kind](path)
    await using log = await openTarget(data, dryRun)
    const progress = new Progress()
    const report = await importRooms(source, log, { format, dryRun, onRoom: (room) => progress.done(room) })
    progress.end()
    process.stdout.write(`${summary(report, dryRun)}\n`)
    if (report.failed > 0 || roomsOf(report) === 0) process.exitCode = 1
  } catch (error) {
    if (!(error instanceof ImportError || error instanceof LogError)) throw error
    process.stderr.write(`syncline-relay: ${error.message}\n`)
    process.exitCode = 1
  }
}

/** A dry run looks into a log that is there, and makes none. */
async function openTarget(directory: string, dryRun: boolean): Promise<UpdateLog> {
  if (dryRun && statSync(directory, { throwIfNoEntry: false }) === undefined) return new MemoryLog()
  return openLmdbLog({ directory })
}

/** Rooms between two lines of progress. */
const PROGRESS_ROOMS = 1000

/** Tells a person how far it is: on a terminal in one line that is written anew, elsewhere now and then. */
class Progress {
  readonly #terminal = process.stderr.isTTY
  #rooms = 0
  #bytes = 0

  done(room: ImportedRoom): void {
    this.#rooms++
    if (room.outcome === 'failed') this.#say(`failed: ${JSON.stringify(room.name)}: ${room.reason.message}`)
    else this.#bytes += room.bytes
    if (this.#terminal) process.stderr.write(`\r${this.#state()}`)
    else if (this.#rooms % PROGRESS_ROOMS === 0) this.#say(this.#state())
  }

  end(): void {
    if (this.#terminal && this.#rooms > 0) process.stderr.write('\n')
  }

  #say(line: string): void {
    // The line of progress is as long as it was, or longer: it covers what this leaves.
    process.stderr.write(this.#terminal ? `\r${line}\n` : `${line}\n`)
  }

  #state(): string {
    return `${this.#rooms} rooms, ${this.#bytes} bytes`
  }
}

function summary({ imported, merged, unchanged, failed, bytes }: ImportReport, dryRun: boolean): string {
  const counts = `${imported} imported, ${merged} merged, ${unchanged} unchanged, ${failed} failed; ${bytes} bytes`
  return dryRun ? `would be ${counts}` : counts
}

function roomsOf({ imported, merged, unchanged, failed }: ImportReport): number {
  return imported + merged + unchanged + failed
}

function isSourceKind(name: string): name is SourceKind {
  return Object.hasOwn(sources, name)
}

function misuse(message: string): ImportCommand {
  return { kind: 'misuse', message }
}

// Its type is the one that parseArgs infers from the table, which no annotation could say better.
function parseImportOptions(args: readonly string[]): { values: ImportValues; positionals: readonly string[] } {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      format: { type: 'string' },
      'dry-run': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  })
}

interface ImportValues {
  readonly data?: string | undefined
  readonly format?: string | undefined
  readonly 'dry-run'?: boolean | undefined
  readonly help?: boolean | undefined
}
