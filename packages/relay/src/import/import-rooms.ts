/**
 * Brings the rooms of a source into a log, one after another. What is written to a room is the merge of what the source
 * holds of it; then the room is read back and compared with what it had before, merged with its source. So the import
 * may be interrupted and run again, and may run into a log that has rooms already: it adds what is missing, and a
 * second run adds nothing.
 *
 * A room that cannot be imported is reported and changes nothing in the log; the others go on. It holds one room at a
 * time, several times its size.
 */
import { ConflictError, DecodeError, UpdateStore, convertUpdateFormatV2ToV1, isEmptyUpdate } from '@syncline/core'
import { isRoomName } from '@syncline/protocol'
import { ImportError, LogError } from '../errors.ts'
import type { UpdateLog } from '../log/update-log.ts'
import type { ImportSource, SourceRoom, SourceUpdate } from './import-source.ts'

/** In which format the source holds its updates. */
export type UpdateFormat = 'v1' | 'v2'

export interface ImportOptions {
  /** `v1` by default. */
  readonly format?: UpdateFormat
  /** Reads and checks everything, and writes nothing. */
  readonly dryRun?: boolean
  /** Hears of each room when it is done. */
  readonly onRoom?: (room: ImportedRoom) => void
}

/**
 * What became of a room. `imported`: it was not in the log. `merged`: it was, and lacked something. `unchanged`: the
 * log had everything, or there is nothing in it. In a dry run: what would become of it.
 */
export type ImportedRoom =
  | {
      readonly name: string
      readonly outcome: 'imported' | 'merged' | 'unchanged'
      /** Of the source, merged. */
      readonly bytes: number
    }
  | { readonly name: string; readonly outcome: 'failed'; readonly reason: ImportError | LogError }

export interface ImportReport {
  readonly imported: number
  readonly merged: number
  readonly unchanged: number
  readonly failed: number
  /** Of all rooms, as their sources hold them, merged. */
  readonly bytes: number
}

/**
 * Imports every room of `source` into `log`; neither is closed. Rejects with `ImportError` `unreadable-source` when the
 * source cannot go on, and with `LogError` when the log could take no further room either.
 */
export async function importRooms(
  source: ImportSource,
  log: UpdateLog,
  { format = 'v1', dryRun = false, onRoom = () => {} }: ImportOptions = {},
): Promise<ImportReport> {
  const report = { imported: 0, merged: 0, unchanged: 0, failed: 0, bytes: 0 }
  for await (const room of source.rooms()) {
    const done = await importRoom(room, log, format, dryRun)
    report[done.outcome]++
    if (done.outcome !== 'failed') report.bytes += done.bytes
    onRoom(done)
  }
  return report
}

async function importRoom(
  room: SourceRoom,
  log: UpdateLog,
  format: UpdateFormat,
  dryRun: boolean,
): Promise<ImportedRoom> {
  const { name } = room
  try {
    if (!isRoomName(name)) throw new ImportError('bad-room', 'its name cannot be the name of a room')
    const update = merged(await room.read(), format)
    const { updates } = await log.read(name, 0)
    const expected = storeOf(updates)
    const isNew = updates.length === 0
    if (isEmptyUpdate(update) || !adds(expected, update)) return { name, outcome: 'unchanged', bytes: update.length }
    if (!dryRun) {
      await log.append([{ room: name, update }])
      await assertStored(log, name, expected.encode())
    }
    return { name, outcome: isNew ? 'imported' : 'merged', bytes: update.length }
  } catch (error) {
    // A damaged room is one room; a disk that is full, or a log that was closed, is all of them.
    if (error instanceof ImportError || (error instanceof LogError && error.code === 'unreadable')) {
      return { name, outcome: 'failed', reason: error }
    }
    throw error
  }
}

/** What the source holds of a room, as one update in format v1. */
function merged(updates: readonly SourceUpdate[], format: UpdateFormat): Uint8Array {
  const store = new UpdateStore()
  for (const { where, update } of updates) {
    try {
      store.ingest(format === 'v2' ? convertUpdateFormatV2ToV1(update) : update)
    } catch (cause) {
      if (!(cause instanceof DecodeError || cause instanceof ConflictError)) throw cause
      const what =
        cause instanceof DecodeError ? `no update of format ${format}` : 'in conflict with what came before it'
      throw new ImportError('bad-room', `${where} is ${what}: ${cause.message}`, { cause })
    }
  }
  return store.encode()
}

/** Takes `update` in; whether that added anything. */
function adds(store: UpdateStore, update: Uint8Array): boolean {
  try {
    const { structs, deletes, restored } = store.ingest(update)
    return structs.length + deletes.length + restored.length > 0
  } catch (cause) {
    if (!(cause instanceof ConflictError)) throw cause
    throw new ImportError('bad-room', `the log has something else under the same IDs: ${cause.message}`, { cause })
  }
}

async function assertStored(log: UpdateLog, name: string, expected: Uint8Array): Promise<void> {
  const { updates } = await log.read(name, 0)
  if (Buffer.compare(storeOf(updates).encode(), expected) === 0) return
  throw new ImportError('not-equal', 'the log does not give back what was written')
}

function storeOf(logged: readonly Uint8Array[]): UpdateStore {
  try {
    return UpdateStore.of(logged)
  } catch (cause) {
    if (!(cause instanceof ConflictError || cause instanceof DecodeError)) throw cause
    throw new ImportError('bad-room', `what the log has of this room contradicts itself: ${cause.message}`, { cause })
  }
}
