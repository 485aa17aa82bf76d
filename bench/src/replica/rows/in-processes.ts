/** Rows whose samples come each from a process of its own: what is cold, and what is in memory. */
import { atOnce } from '../../harness/at-once.ts'
import { check, type Metric } from '../../harness/bench.ts'
import type { Contestant } from '../../harness/measure.ts'
import type { Target } from '../../harness/target.ts'
import { EMPTY, isSameContent, type Content } from '../../subjects/content.ts'
import type { Subject } from '../../subjects/subject.ts'
import type { SubjectName } from '../../subjects/subjects.ts'
import type { Corpus } from '../corpus.ts'
import { ask, type Measured, type Question } from '../measuring-question.ts'
import { rootOf } from '../read-root.ts'
import { memory, time, type ReplicaRow, type Scale } from '../row.ts'
import { storedForms, type StateForm } from '../stored-form.ts'

const ROUNDS: Readonly<Record<Scale, number>> = { full: 3, quick: 1 }
/** Of memory, which hardly varies. */
const MEMORY_ROUNDS: Readonly<Record<Scale, number>> = { full: 1, quick: 1 }

/** Large enough to stand out by themselves, and slow to load. */
const COPIES = 3

/** Of fewer, what moves in the heap meanwhile may be more than they take. */
const SMALL_DOCUMENTS = 1000

/** Below all client IDs that a library keeps for itself, and no other's. */
const FIRST_CLIENT_ID = 1_000_000

const ofEncoding: Metric = { name: 'of its encoding', unit: 'times', better: 'lower', varies: true }

/** From bytes to what is shown, from when the library's modules are loaded. */
export function coldLoad(corpus: Corpus, form: StateForm, targets: readonly Target[]): ReplicaRow {
  const { content, name } = corpus.workload
  return {
    name: `${name}: load${form === 'state' ? '' : ' a snapshot'}, cold`,
    metrics: [time],
    targets,
    efforts: (subject) => [corpus.effort.storing(subject)],
    prepare: ({ scale, subjects, tell }) => ({
      contestants: storedForms(subjects, form).map(({ column, subject, form: asked }) => {
        tell(column)
        const state = corpus.bytesOf(subject, asked)
        const question = { kind: 'cold load', state, form: asked, root: rootOf(content) } as const
        return inProcess({ column, subject }, question, content, scale, ({ value }) => ({ time: value }))
      }),
    }),
  }
}

/** What a loaded document keeps, as it was loaded: nothing has been read or edited. */
export function loadedMemory(corpus: Corpus, targets: readonly Target[]): ReplicaRow {
  const { content, name } = corpus.workload
  return {
    name: `${name}: memory, loaded`,
    metrics: [memory, ofEncoding],
    targets,
    efforts: (subject) => [corpus.effort.storing(subject)],
    prepare: ({ scale, subjects, tell }) => ({
      contestants: atOnce(
        subjects.map((subject) => {
          tell(subject.name)
          const state = corpus.stateOf(subject)
          const question = { kind: 'loaded', state, form: 'state', copies: COPIES } as const
          return inProcess({ column: subject.name, subject }, question, content, scale, ({ value }) => ({
            memory: value,
            [ofEncoding.name]: value / state.length,
          }))
        }),
      ),
    }),
  }
}

/** What one of many documents takes that are empty, or hold a word. */
export function smallDocuments(name: string, word: string, targets: readonly Target[]): ReplicaRow {
  const content = { ...EMPTY, text: word }
  return {
    name: `memory, ${name}`,
    metrics: [memory],
    targets,
    prepare: ({ scale, subjects }) => ({
      contestants: atOnce(
        subjects.map((subject) => {
          const question = {
            kind: 'small',
            count: SMALL_DOCUMENTS,
            word,
            firstClientId: FIRST_CLIENT_ID,
          } as const
          return inProcess({ column: subject.name, subject }, question, content, scale, ({ value }) => ({
            memory: value,
          }))
        }),
      ),
    }),
  }
}

/** A question without the subject that it goes to. */
type Unaddressed<Asked extends Question = Question> = Asked extends Question ? Omit<Asked, 'subject'> : never

function inProcess(
  { column, subject: { name } }: { readonly column: string; readonly subject: Subject },
  question: Unaddressed,
  content: Content,
  scale: Scale,
  sampleOf: (measured: Measured) => Readonly<Record<string, number>>,
): Contestant {
  return {
    subject: column,
    roundsMax: (question.kind === 'cold load' ? ROUNDS : MEMORY_ROUNDS)[scale],
    async round() {
      const measured = await ask({ ...question, subject: name as SubjectName })
      check(isSameContent(measured.content, content), `${name}: a process that measured has another document`)
      return sampleOf(measured)
    },
  }
}
