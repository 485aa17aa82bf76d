/** What edge cases are made of. */
import type * as Y from 'yjs'
import type { Library } from '../library.fixture.ts'

export interface Case {
  readonly title: string
  /** Exports that it is about: without them, `surface.test.ts` says that they are missing, and nothing else can be said. */
  readonly needs?: readonly (keyof Library)[]
  /** What it gives is made plain and compared. */
  readonly run: (library: Library, doc: Y.Doc) => unknown
}

/** The root text, with content. */
export const textOf = (doc: Y.Doc, content = 'abc'): Y.Text => {
  const text = doc.getText('text')
  text.insert(0, content)
  return text
}

/** The root array, with content. */
export const arrayOf = (doc: Y.Doc, ...content: unknown[]): Y.Array<unknown> => {
  const array = doc.getArray<unknown>('array')
  array.push(content)
  return array
}

/** Whether it throws; what it gives otherwise. */
export function thrown(work: () => unknown): unknown {
  try {
    return work()
  } catch {
    return 'throws'
  }
}

/** As a string, which the types of Xml define. */
export function shownAs(type: { toString: () => string }): string {
  return type.toString()
}
