/**
 * Collecting garbage before something is timed, so that what others left behind is not collected in its time. What is young is collected always. The
 * whole heap is looked through only where enough was left behind to matter: with a large heap, that takes longer than many a sample.
 */

/** Bytes beyond what the last collection of the whole heap kept. With more, the collector begins to look through the heap in somebody's time. */
const LEFT_BEHIND_MAX = 4 * 2 ** 20

let keptBytes = 0

/** Does nothing without `--expose-gc`. */
export function collectGarbage(): void {
  const collect = globalThis.gc as undefined | ((options?: { readonly type: 'minor' }) => void)
  if (collect === undefined) return
  collect({ type: 'minor' })
  if (bytesHeld() - keptBytes <= LEFT_BEHIND_MAX) return
  collect()
  keptBytes = bytesHeld()
}

/** The heap and the buffers outside of it, garbage included. */
function bytesHeld(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
