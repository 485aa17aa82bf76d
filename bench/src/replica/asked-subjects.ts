/** Which libraries a run asks. */
import type { BenchContext } from '../harness/bench.ts'
import type { Demand, Subject } from '../subjects/subject.ts'
import { importSubject, subjectNames, type SubjectName } from '../subjects/subjects.ts'
import { YJS } from './row.ts'

/** So far behind that their rows take minutes; `--full` asks for them. */
const slow: ReadonlySet<SubjectName> = new Set(['yjs 14 rc', 'ywasm'])

export interface Asked {
  /** In the order of the columns. */
  readonly subjects: readonly Subject[]
  /** By name, with the reason in a word. */
  readonly notAsked: ReadonlyMap<string, string>
}

export async function askedSubjects({
  fullCounts,
  subjects: wanted,
}: Pick<BenchContext, 'fullCounts' | 'subjects'>): Promise<Asked> {
  const isWanted = (name: SubjectName): boolean => wanted.length === 0 || name === YJS || wanted.includes(name)
  // Who is named is asked for.
  const isAsked = (name: SubjectName): boolean => fullCounts || wanted.includes(name) || !slow.has(name)
  const named = subjectNames.filter(isWanted)
  const subjects: Subject[] = []
  for (const name of named.filter(isAsked)) subjects.push(await importSubject(name))
  return {
    subjects,
    notAsked: new Map(named.filter((name) => !isAsked(name)).map((name) => [name, 'with --full'])),
  }
}

/** The subjects that are asked for so much, and the others with the reasons. */
export function askedFor(
  { subjects, notAsked }: Asked,
  demand: Demand,
  fullCounts: boolean,
): { readonly able: readonly Subject[]; readonly notRun: ReadonlyMap<string, string> } {
  const reasons = new Map(notAsked)
  const able = subjects.filter((subject) => {
    const reason = whyNot(subject, demand, fullCounts)
    if (reason !== undefined) reasons.set(subject.name, reason)
    return reason === undefined
  })
  return { able, notRun: reasons }
}

/** Why a subject is not asked for so much; `undefined` when it is. */
function whyNot({ limits = {} }: Subject, demand: Demand, fullCounts: boolean): string | undefined {
  if (exceeds(demand, limits.quadratic)) return 'quadratic'
  return !fullCounts && exceeds(demand, limits.withFull) ? 'with --full' : undefined
}

function exceeds(demand: Demand, limit: Demand = {}): boolean {
  const names = ['updatesApplied', 'textTransactions', 'entryTransactions'] as const
  return names.some((name) => (demand[name] ?? 0) > (limit[name] ?? Infinity))
}
