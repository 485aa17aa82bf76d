/** What a process keeps in memory. */
import { setImmediate } from 'node:timers/promises'

/** Collections until nothing more is freed: buffers go after the objects that own them. */
const COLLECTIONS = 4

/**
 * Bytes of the JavaScript heap and of what it owns outside, array buffers and the memory of WebAssembly included, after collection. Rejects without
 * `--expose-gc`.
 */
export async function bytesInUse(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error('memory cannot be measured without --expose-gc')
  for (let collection = 0; collection < COLLECTIONS; collection++) {
    globalThis.gc()
    await setImmediate()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
