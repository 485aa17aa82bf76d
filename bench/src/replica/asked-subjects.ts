/** Which libraries a run asks, and which of them a row. */
import type { BenchContext } from '../harness/bench.ts'
import { refusal, type Forecast } from '../harness/forecast.ts'
import type { Target } from '../harness/target.ts'
import type { Subject } from '../subjects/subject.ts'
import { importSubject, subjectNames, type SubjectName } from '../subjects/subjects.ts'
import { YJS } from './row.ts'

/** So far behind that their rows take minutes; `--full` asks for them. */
const slow: ReadonlySet<SubjectName> = new Set(['yjs 14 rc', 'ywasm'])

const WITH_FULL = 'with --full'

/** One call that would take longer is not made; what is prepared for a row neither. */
const ALLOWANCE_MS = { quick: 150, normal: 1000, full: 10_000 } as const

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
    notAsked: new Map(named.filter((name) => !isAsked(name)).map((name) => [name, WITH_FULL])),
  }
}

/** The subjects that a row asks: those that it takes no longer than {@link judging} allows; and the others with the reasons. */
export function askedFor(
  { subjects, notAsked }: Asked,
  efforts: ((subject: Subject) => Iterable<Forecast | undefined>) | undefined,
  context: Pick<BenchContext, 'scale' | 'fullCounts'>,
  targets: readonly Target[] = [],
): { readonly able: readonly Subject[]; readonly notRun: ReadonlyMap<string, string> } {
  const reasons = new Map(notAsked)
  const able = subjects.filter((subject) => {
    const allowed = judging(subject.name, targets, context)
    for (const told of efforts?.(subject) ?? []) {
      const reason = whyNot(told, allowed)
      if (reason === undefined) continue
      reasons.set(subject.name, reason)
      return false
    }
    return true
  })
  return { able, notRun: reasons }
}

/** What a run allows `subject`: whom a target names may take as long as `--full` allows, where targets are judged. */
export function judging(
  subject: string,
  targets: readonly Target[],
  { scale, fullCounts }: Pick<BenchContext, 'scale' | 'fullCounts'>,
): Pick<BenchContext, 'scale' | 'fullCounts'> {
  const isJudged = scale === 'full' && targets.some((one) => 'against' in one && one.against === subject)
  return { scale, fullCounts: fullCounts || isJudged }
}

/** Why work with this forecast is not done in this run, or at all; `undefined` when it is. */
export function whyNot(
  told: Forecast | undefined,
  { scale, fullCounts }: Pick<BenchContext, 'scale' | 'fullCounts'>,
): string | undefined {
  const allowanceMs = ALLOWANCE_MS[fullCounts ? 'full' : scale === 'full' ? 'normal' : 'quick']
  const reason = refusal(told, allowanceMs)
  const isOnlyForNow = refusal(told, ALLOWANCE_MS.full) === undefined
  return reason !== undefined && isOnlyForNow ? `${reason}, ${WITH_FULL}` : reason
}
