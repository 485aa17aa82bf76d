/** A process that holds one library and measures one thing of it: a cold load, what a loaded document keeps, or what many small ones do. */
import { answerParent } from '../harness/child.ts'
import { bytesInUse } from '../harness/memory.ts'
import { contentOf } from '../subjects/content.ts'
import type { Replica } from '../subjects/subject.ts'
import { importSubject } from '../subjects/subjects.ts'
import type { Measured, Question } from './measuring-question.ts'
import { readRoot } from './read-root.ts'
import { loadAs } from './stored-form.ts'

/** Loads before those that count, and how long they may take: some libraries need seconds for one. */
const WARM_UPS_MAX = 8
const WARM_UP_MS_MAX = 2000

/** Bytecode that nobody runs is let go of after several collections. */
const SETTLINGS = 4

answerParent(async (question: Question): Promise<Measured> => {
  const subject = await importSubject(question.subject)
  switch (question.kind) {
    case 'cold load': {
      const start = performance.now()
      const replica = loadAs(question.form, subject, question.state)
      readRoot(replica, question.root)
      const value = performance.now() - start
      return { value, content: contentOf(replica) }
    }
    case 'loaded': {
      // So that neither code that is compiled meanwhile counts, nor what the start of the process left behind and lets go of.
      const start = performance.now()
      for (let load = 0; load < WARM_UPS_MAX && performance.now() - start < WARM_UP_MS_MAX; load++) {
        loadAs(question.form, subject, question.state).free()
      }
      for (let settling = 0; settling < SETTLINGS; settling++) await bytesInUse()
      const before = await bytesInUse()
      const copies = Array.from({ length: question.copies }, () => loadAs(question.form, subject, question.state))
      const after = await bytesInUse()
      return { value: (after - before) / question.copies, content: contentOf(copies[0]!) }
    }
    case 'small': {
      const make = (index: number): Replica => {
        const replica = subject.create(question.firstClientId + index)
        if (question.word !== '') replica.insertText(0, question.word)
        return replica
      }
      make(question.count).free()
      const before = await bytesInUse()
      const replicas = Array.from({ length: question.count }, (_, index) => make(index))
      const after = await bytesInUse()
      return { value: (after - before) / question.count, content: contentOf(replicas.at(-1)!) }
    }
    default:
      return question satisfies never
  }
})
