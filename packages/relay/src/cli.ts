/**
 * The command `syncline-relay`: serves, or does one of the things that its first argument may name. Exit codes: 0 when
 * it did, 1 for a failure, 2 for a command line or a configuration that makes no sense.
 */
import { backupUsage, parseBackup, runBackup, type BackupCommand } from './cli/backup-command.ts'
import { importUsage, parseImport, runImport, type ImportCommand } from './cli/import-command.ts'
import { describeConfig, parseServe, serve, serveUsage, type ServeCommand } from './cli/serve-command.ts'
import type { Environment } from './config/config.ts'
import { relayVersion } from './version.ts'

/** What the command line asks for. */
export type Command = ServeCommand | ImportCommand | BackupCommand

export function parseCommand(args: readonly string[], environment: Environment = {}): Command {
  if (args[0] === 'import') return parseImport(args.slice(1))
  if (args[0] === 'backup') return parseBackup(args.slice(1))
  return parseServe(args, environment)
}

/** Runs the command and returns when the relay is up, or when there is nothing more to do. Sets the exit code. */
export async function main(args: readonly string[] = process.argv.slice(2)): Promise<void> {
  const command = parseCommand(args, process.env)
  switch (command.kind) {
    case 'help':
      process.stdout.write(serveUsage)
      return
    case 'import-help':
      process.stdout.write(importUsage)
      return
    case 'backup-help':
      process.stdout.write(backupUsage)
      return
    case 'version':
      process.stdout.write(`${relayVersion()}\n`)
      return
    case 'misuse':
      process.stderr.write(`syncline-relay: ${command.message}\nTry syncline-relay --help.\n`)
      process.exitCode = 2
      return
    case 'print-config':
      process.stdout.write(`${describeConfig(command.config)}\n`)
      return
    case 'import':
      return runImport(command)
    case 'backup':
      return runBackup(command)
    case 'serve':
      return serve(command.config)
    default:
      return command satisfies never
  }
}
