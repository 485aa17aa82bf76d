/**
 * The command `syncline-relay backup`: a copy of a log, also while a relay runs on it. Exit codes: 0 when the copy is
 * whole, flushed and was read back; 1 for a failure; 2 for a command line that makes no sense.
 */
import { parseArgs } from 'node:util'
import { LogError } from '../errors.ts'
import { backUpLmdbLog } from '../log/lmdb-backup.ts'

export const backupUsage = `Usage: syncline-relay backup --data DIR --to DIR

Copies the log in one directory into another, which has to be empty or absent: the state of one moment, also while
a relay runs on it. To restore, start a relay with --data on the copy (or on a copy of it).

  --data DIR   directory of the log
  --to DIR     directory of the copy
  --help       show this and exit
`

export type BackupCommand =
  | { readonly kind: 'backup-help' }
  | { readonly kind: 'misuse'; readonly message: string }
  | { readonly kind: 'backup'; readonly data: string; readonly to: string }

/** Reads what follows `backup`. */
export function parseBackup(args: readonly string[]): BackupCommand {
  let values: BackupValues
  try {
    values = parseBackupOptions(args)
  } catch (error) {
    return { kind: 'misuse', message: (error as Error).message }
  }
  if (values.help === true) return { kind: 'backup-help' }
  const { data = '', to = '' } = values
  if (data === '' || to === '') return { kind: 'misuse', message: 'backup needs --data DIR and --to DIR' }
  return { kind: 'backup', data, to }
}

/** Copies, and sets the exit code. */
export async function runBackup({ data, to }: BackupCommand & { kind: 'backup' }): Promise<void> {
  try {
    const { rooms, bytes } = await backUpLmdbLog(data, to)
    process.stdout.write(`${rooms} rooms, ${bytes} bytes in ${to}\n`)
  } catch (error) {
    if (!(error instanceof LogError)) throw error
    process.stderr.write(`syncline-relay: ${error.message}\n`)
    process.exitCode = 1
  }
}

// Its type is the one that parseArgs infers from the table, which no annotation could say better.
function parseBackupOptions(args: readonly string[]): BackupValues {
  return parseArgs({
    args: [...args],
    options: { data: { type: 'string' }, to: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
  }).values
}

interface BackupValues {
  readonly data?: string | undefined
  readonly to?: string | undefined
  readonly help?: boolean | undefined
}
