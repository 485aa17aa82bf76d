/** What text edits make. The benches' own answer, without a CRDT: what the replicas are checked against. */
import type { Edit } from './trace.ts'

/** The text that edits make of nothing. Keeps the text in chunks: a string of its length per edit would be quadratic. */
export function replay(edits: Iterable<Edit>): string {
  const chunkLengthMax = 2048
  let chunks = ['']
  for (const { position, deleted, inserted } of edits) {
    let index = 0
    let offset = position
    while (offset > chunks[index]!.length && index < chunks.length - 1) offset -= chunks[index++]!.length
    const chunk = chunks[index]!
    chunks[index] = chunk.slice(0, offset) + inserted + chunk.slice(offset + deleted)
    // What the chunk could not give is taken from those after it.
    let missing = deleted - (chunk.length - offset)
    for (let next = index + 1; missing > 0 && next < chunks.length; next++) {
      const taken = Math.min(missing, chunks[next]!.length)
      chunks[next] = chunks[next]!.slice(taken)
      missing -= taken
    }
    if (chunks[index]!.length > chunkLengthMax) {
      const half = chunks[index]!.length >> 1
      chunks.splice(index, 1, chunks[index]!.slice(0, half), chunks[index]!.slice(half))
    }
  }
  return chunks.join('')
}
