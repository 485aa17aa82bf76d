/** The forms in which a document is stored: the update that everybody gets, or what its library loads fastest. */
import { OURS } from '../harness/bench.ts'
import type { Replica, Subject } from '../subjects/subject.ts'

/** `snapshot`: a subject's own fastest form; of one that has no other, what it encodes. */
export type StateForm = 'state' | 'snapshot'

/** One cell of a row about stored documents. */
export interface StoredForm {
  /** The heading of its column. */
  readonly column: string
  readonly subject: Subject
  readonly form: StateForm
}

/** Our document as an update, where the others store what loads fastest. */
export const OURS_AS_UPDATE = `${OURS} update`

/** What a row about this form compares: each subject's, and beside snapshots our update too. */
export function storedForms(subjects: readonly Subject[], form: StateForm): StoredForm[] {
  return subjects.flatMap((subject): StoredForm[] => {
    const asked: StoredForm = { column: subject.name, subject, form }
    const isBoth = form === 'snapshot' && subject.name === OURS
    return isBoth ? [asked, { column: OURS_AS_UPDATE, subject, form: 'state' }] : [asked]
  })
}

export function encodeAs(form: StateForm, subject: Subject, replica: Replica): Uint8Array {
  return form === 'snapshot' && subject.snapshot !== undefined ? subject.snapshot.encode(replica) : replica.encode()
}

export function loadAs(form: StateForm, subject: Subject, bytes: Uint8Array): Replica {
  return form === 'snapshot' && subject.snapshot !== undefined ? subject.snapshot.load(bytes) : subject.load(bytes)
}
