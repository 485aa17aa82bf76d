/** Which libraries a run asks. */
import type { BenchContext } from '../harness/bench.ts'
import type { Subject } from '../subjects/subject.ts'
import { importSubject, subjectNames, type SubjectName } from '../subjects/subjects.ts'

/** So far behind that their rows take minutes; `--full` asks for them. */
const slow: ReadonlySet<SubjectName> = new Set(['yjs 14 rc', 'ywasm'])

export interface Asked {
  /** In the order of the columns. */
  readonly subjects: readonly Subject[]
  /** By name, with the reason in a word. */
  readonly notAsked: ReadonlyMap<string, string>
}

export async function askedSubjects({ fullCounts }: Pick<BenchContext, 'fullCounts'>): Promise<Asked> {
  const asked = subjectNames.filter((name) => fullCounts || !slow.has(name))
  const subjects: Subject[] = []
  for (const name of asked) subjects.push(await importSubject(name))
  return {
    subjects,
    notAsked: new Map(subjectNames.filter((name) => !asked.includes(name)).map((name) => [name, 'with --full'])),
  }
}
