/** The child's end of a {@link ServerProcess}: reports, and ends when the bench says so or is gone. */
import { exit } from 'node:process'
import type { ServerReport, ServerRequest, ServerUsage } from './server-process.ts'

/** A server that listens. */
export interface RunningServer {
  readonly url: string
  logStats(): Pick<ServerUsage, 'flushes' | 'entries'>
  close(): Promise<void>
}

export function serveBench(server: RunningServer): void {
  let ending: Promise<void> | undefined
  const end = (): void => {
    ending ??= server.close().then(
      () => exit(0),
      () => exit(1),
    )
  }
  process.on('disconnect', end)
  // Ctrl-C reaches the whole group; it is the bench that decides when its servers end.
  process.on('SIGINT', () => {})
  process.on('message', (request: ServerRequest) => {
    if (request.type === 'stop') return end()
    const { user, system } = process.cpuUsage()
    report({ type: 'usage', usage: { cpuMs: (user + system) / 1000, ...server.logStats() } })
  })
  report({ type: 'listening', url: server.url })
}

function report(message: ServerReport): void {
  if (process.connected) process.send?.(message)
}
