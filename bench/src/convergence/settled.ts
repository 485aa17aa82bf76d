/** What yjs makes of encoded documents: the judge that libraries are compared before. */
import * as Y from 'yjs'
import { visibleContent } from '../workloads/random-edits.ts'

/**
 * The bytes that Yjs writes for a document once it has loaded it anew. Not what it writes for the document as it is: that may
 * leave neighbouring runs of garbage-collected structs apart, depending on the order in which they became garbage.
 */
export function settledState(encoded: Uint8Array): Uint8Array {
  // Twice: what a store keeps of deleted content becomes garbage in the first.
  return loadedAs(encoded, (doc) => loadedAs(Y.encodeStateAsUpdate(doc), Y.encodeStateAsUpdate))
}

export function contentOfUpdate(encoded: Uint8Array): string {
  return loadedAs(encoded, visibleContent)
}

function loadedAs<Result>(encoded: Uint8Array, read: (doc: Y.Doc) => Result): Result {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, encoded)
  const result = read(doc)
  doc.destroy()
  return result
}
