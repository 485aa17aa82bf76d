/** The child's end of a {@link ServerProcess}: reports, and ends when the bench says so or is gone. */
import { Session } from 'node:inspector/promises'
import { exit } from 'node:process'
import { setImmediate } from 'node:timers/promises'
import { hotFunctions } from '../../harness/profile.ts'
import type { MemoryInUse, ServerReport, ServerRequest, ServerUsage } from './server-process.ts'

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
  const profiler = new Session()
  const answer = async (request: ServerRequest): Promise<void> => {
    switch (request.type) {
      case 'stop':
        return end()
      case 'usage': {
        const { user, system } = process.cpuUsage()
        return report({ type: 'usage', usage: { cpuMs: (user + system) / 1000, ...server.logStats() } })
      }
      case 'memory':
        return report({ type: 'memory', memory: await memoryInUse() })
      case 'rss':
        return report({ type: 'rss', bytes: process.memoryUsage.rss() })
      case 'profile':
        profiler.connect()
        await profiler.post('Profiler.enable')
        await profiler.post('Profiler.start')
        return report({ type: 'profiling' })
      case 'profiled': {
        const { profile } = await profiler.post('Profiler.stop')
        profiler.disconnect()
        return report({ type: 'profile', functions: hotFunctions(profile) })
      }
      default:
        return request.type satisfies never
    }
  }
  process.on('disconnect', end)
  // Ctrl-C reaches the whole group; it is the bench that decides when its servers end.
  process.on('SIGINT', () => {})
  // A request that fails ends the process, which tells the bench.
  process.on('message', (request: ServerRequest) => void answer(request))
  report({ type: 'listening', url: server.url })
}

function report(message: ServerReport): void {
  if (process.connected) process.send?.(message)
}

/** Collections until nothing more is freed: buffers go after the objects that own them. */
const COLLECTIONS = 4

async function memoryInUse(): Promise<MemoryInUse> {
  if (globalThis.gc === undefined) throw new Error('memory cannot be measured without --expose-gc')
  for (let collection = 0; collection < COLLECTIONS; collection++) {
    globalThis.gc()
    await setImmediate()
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heldBytes: heapUsed + external, rssBytes: rss }
}
