/** What a row of kind document holds: the document, and the options that travel with it. */
import type { DocCore } from './doc-core.ts'

export interface Subdocument {
  doc: DocCore
  /** As on the wire: `gc` only if false, `autoLoad` only if true, `meta` unless null, and whatever else somebody sent. */
  readonly options: Readonly<Record<string, unknown>>
}

/** What is sent of a document that is inserted into another. */
export function subdocumentOf(doc: DocCore): Subdocument {
  const options: Record<string, unknown> = {}
  if (!doc.gc) options['gc'] = false
  if (doc.autoLoad) options['autoLoad'] = true
  if (doc.meta !== null) options['meta'] = doc.meta
  return { doc, options }
}
