/** What goes between a row and the process that measures for it. */
import { askChild } from '../harness/child.ts'
import type { Content } from '../subjects/content.ts'
import type { SubjectName } from '../subjects/subjects.ts'
import type { Root } from './read-root.ts'
import type { StateForm } from './stored-form.ts'

export type Question = { readonly subject: SubjectName } & (
  | { readonly kind: 'cold load'; readonly state: Uint8Array; readonly form: StateForm; readonly root: Root }
  | { readonly kind: 'loaded'; readonly state: Uint8Array; readonly form: StateForm; readonly copies: number }
  /** `count` replicas of this word, or of nothing. */
  | { readonly kind: 'small'; readonly count: number; readonly word: string; readonly firstClientId: number }
)

export interface Measured {
  /** Milliseconds of a cold load; else bytes for each document. */
  readonly value: number
  readonly content: Content
}

/** Automerge takes a while for ten thousand documents. */
const TIMEOUT_MS = 120_000

export async function ask(question: Question): Promise<Measured> {
  return askChild<Measured>(new URL('measuring-child.js', import.meta.url), question, TIMEOUT_MS)
}
