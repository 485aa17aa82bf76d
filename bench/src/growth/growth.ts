/** How do costs grow: with the document, and with how many write at once? */
import type { Bench } from '../harness/bench.ts'
import { askedSubjects } from '../replica/asked-subjects.ts'
import { YJS } from '../replica/row.ts'
import { concurrency } from './concurrency.ts'
import { runCurve } from './curve.ts'
import { documentSize } from './document-size.ts'
import { GrowingDocuments } from './growing-documents.ts'

export const growth: Bench = {
  name: 'growth',
  question: 'How do costs grow, with the size of a document and with how many write at once?',
  workload: ({ trace }) =>
    `${trace.name}, after more and more of its keystrokes: the next 500 are made, or applied as updates one by one, or the document is loaded and read; and ` +
    'more and more writers who put a word at one place, without hearing of each other',
  metric:
    'time for one edit, update or writer, or for the whole document. Every copy is compared with what the edits make; what writers wrote with what yjs makes of it. ' +
    'Lower is better. The column limit: of edits, a gap buffer; else every byte looked at once',
  baseline: YJS,
  async *run(context) {
    const asked = await askedSubjects(context)
    const yjs = asked.subjects.find(({ name }) => name === YJS)!
    const documents = new GrowingDocuments(context.trace)
    try {
      for (const curve of documentSize(documents, yjs, context)) yield* runCurve(curve, asked, context)
    } finally {
      documents.free()
    }
    yield* runCurve(concurrency(yjs, context), asked, context)
  },
}
