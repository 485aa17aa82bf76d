/**
 * Where a piece of work spends its time: V8's sampling profiler around many calls of it, summed per function. Times under it mean
 * little, which is why it runs apart from the rounds that count.
 */
import { Session } from 'node:inspector/promises'
import type { Profiler } from 'node:inspector'

export interface HotFunction {
  /** As V8 names it; `(garbage collector)` and `(program)` are the runtime's own. */
  readonly name: string
  /** File, without its folders, and line; empty for the runtime's own. */
  readonly place: string
  /** 0 … 1: of all samples, those that found this function itself on top, not what it calls. */
  readonly share: number
}

const SAMPLE_EVERY_US = 200

/** How many functions are told. */
const FUNCTIONS_MAX = 12

/** Calls `run`, warmed up before, for about so many milliseconds under the profiler. */
export async function profile(run: () => unknown, durationMs: number): Promise<HotFunction[]> {
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_US })
    await session.post('Profiler.start')
    const start = performance.now()
    do run()
    while (performance.now() - start < durationMs)
    const { profile: taken } = await session.post('Profiler.stop')
    return hotFunctions(taken)
  } finally {
    session.disconnect()
  }
}

/** The functions with the most samples of their own, the hottest first. */
export function hotFunctions({ nodes }: Pick<Profiler.Profile, 'nodes'>): HotFunction[] {
  const samples = new Map<string, number>()
  let total = 0
  // A function has a node for every path that led to it.
  for (const { callFrame, hitCount = 0 } of nodes) {
    const { functionName, url, lineNumber } = callFrame
    const file = url.slice(url.lastIndexOf('/') + 1)
    const key = `${functionName === '' ? '(anonymous)' : functionName}\n${file === '' ? '' : `${file}:${lineNumber + 1}`}`
    samples.set(key, (samples.get(key) ?? 0) + hitCount)
    total += hitCount
  }
  return [...samples]
    .filter(([, hits]) => hits > 0)
    .sort(([, a], [, b]) => b - a)
    .slice(0, FUNCTIONS_MAX)
    .map(([key, hits]) => {
      const [name = '', place = ''] = key.split('\n')
      return { name, place, share: hits / total }
    })
}
