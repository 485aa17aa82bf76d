/**
 * The command `syncline-relay`: options in, a relay on an LMDB log out. Exactly one line goes to stdout, when the relay
 * is ready; everything else goes to stderr. Exit codes: 0 after a drain, 1 for a failure, 2 for a command line that
 * makes no sense. `syncline-relay import` is cli/import-command.ts.
 */
import { parseArgs } from 'node:util'
import { statSync } from 'node:fs'
import { importUsage, parseImport, runImport, type ImportCommand } from './cli/import-command.ts'
import { LogError, RelayError } from './errors.ts'
import { openLmdbLog } from './log/lmdb-log.ts'
import { MemoryLog } from './log/memory-log.ts'
import type { UpdateLog } from './log/update-log.ts'
import { DEFAULT_HOST, DEFAULT_PORT, createRelay, type Relay } from './relay.ts'
import { writeEvent } from './relay-event.ts'
import { relayVersion } from './version.ts'

const DEFAULT_DATA = './.syncline'

const usage = `Usage: syncline-relay [options]
       syncline-relay import KIND PATH --data DIR [options]

Writes each update to a durable log, acknowledges it, and passes it on.

  --port N     port to listen on; 0 picks a free one (${DEFAULT_PORT})
  --host H     interface to listen on; loopback only, since there is no authorization yet (${DEFAULT_HOST})
  --data DIR   directory of the log; created if it is missing (${DEFAULT_DATA})
  --memory     keep everything in memory instead: it is lost when the relay stops
  --demo DIR   serve the web app in this directory at /
  --help       show this and exit
  --version    show the version and exit

When it is ready it prints one line to stdout: listening on ws://HOST:PORT
SIGTERM or SIGINT drains it; a second one ends it at once.
`

/** What the command line asks for. */
export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | ImportCommand
  | {
      readonly kind: 'serve'
      readonly host: string
      readonly port: number
      /** The directory of the log; `undefined` for a log in memory. */
      readonly data: string | undefined
      readonly demo: string | undefined
    }

export function parseCommand(args: readonly string[]): Command {
  if (args[0] === 'import') return parseImport(args.slice(1))
  let values: ReturnType<typeof parseOptions>
  try {
    values = parseOptions(args)
  } catch (error) {
    return misuse((error as Error).message)
  }
  if (values.help === true) return { kind: 'help' }
  if (values.version === true) return { kind: 'version' }
  const { host = DEFAULT_HOST, port = String(DEFAULT_PORT), memory = false, data, demo } = values
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) return misuse(`--port ${port} is not a port (0 … 65535)`)
  if (host === '') return misuse('--host is empty')
  if (memory && data !== undefined) return misuse('--memory and --data exclude each other')
  if (data === '') return misuse('--data is empty')
  if (demo !== undefined && !isDirectory(demo)) return misuse(`--demo ${demo} is not a directory`)
  return { kind: 'serve', host, port: Number(port), data: memory ? undefined : (data ?? DEFAULT_DATA), demo }
}

/** Runs the command and returns when the relay is up, or when there is nothing more to do. Sets the exit code. */
export async function main(args: readonly string[] = process.argv.slice(2)): Promise<void> {
  const command = parseCommand(args)
  switch (command.kind) {
    case 'help':
      process.stdout.write(usage)
      return
    case 'import-help':
      process.stdout.write(importUsage)
      return
    case 'version':
      process.stdout.write(`${relayVersion()}\n`)
      return
    case 'misuse':
      process.stderr.write(`syncline-relay: ${command.message}\nTry syncline-relay --help.\n`)
      process.exitCode = 2
      return
    case 'import':
      return runImport(command)
    case 'serve':
      return serve(command)
    default:
      return command satisfies never
  }
}

async function serve(command: Command & { kind: 'serve' }): Promise<void> {
  let relay: Relay
  try {
    relay = await openRelay(command)
  } catch (error) {
    if (!(error instanceof RelayError || error instanceof LogError)) throw error
    process.stderr.write(`syncline-relay: ${error.message}\n`)
    process.exitCode = error instanceof RelayError && error.code === 'auth-required' ? 2 : 1
    return
  }
  closeOnSignals(relay)
  process.stdout.write(`listening on ${relay.url}\n`)
}

async function openRelay({ data, host, port, demo }: Command & { kind: 'serve' }): Promise<Relay> {
  const log = data === undefined ? new MemoryLog() : await openLogIn(data)
  try {
    const relay = createRelay({ log, host, port, ...(demo === undefined ? {} : { staticDirectory: demo }) })
    await relay.open()
    return relay
  } catch (error) {
    await log.close()
    throw error
  }
}

async function openLogIn(directory: string): Promise<UpdateLog> {
  // Said before, since the log cannot say anything while it waits.
  writeEvent({ type: 'opening-log', directory })
  return openLmdbLog({ directory })
}

/** The first signal drains; the second ends the process as it would have without us. */
function closeOnSignals(relay: Relay): void {
  let draining = false
  const onSignal = (signal: NodeJS.Signals): void => {
    if (draining) {
      for (const name of ['SIGTERM', 'SIGINT'] as const) process.off(name, onSignal)
      process.kill(process.pid, signal)
      return
    }
    draining = true
    relay.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`syncline-relay: could not close: ${String(error)}\n`)
        process.exit(1)
      },
    )
  }
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, onSignal)
}

function misuse(message: string): Command {
  return { kind: 'misuse', message }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

// Its type is the one that parseArgs infers from the table, which no annotation could say better.
function parseOptions(args: readonly string[]): OptionValues {
  return parseArgs({
    args: [...args],
    options: {
      port: { type: 'string' },
      host: { type: 'string' },
      data: { type: 'string' },
      memory: { type: 'boolean' },
      demo: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
      version: { type: 'boolean' },
    },
  }).values
}

interface OptionValues {
  readonly port?: string | undefined
  readonly host?: string | undefined
  readonly data?: string | undefined
  readonly memory?: boolean | undefined
  readonly demo?: string | undefined
  readonly help?: boolean | undefined
  readonly version?: boolean | undefined
}
