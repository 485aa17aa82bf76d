/** What a replica shows, as a plain value: what replicas of different libraries are compared by. */
import { isDeepStrictEqual } from 'node:util'
import type { Fields, Json, Replica } from './subject.ts'

export interface Content {
  readonly text: string
  readonly values: readonly Json[]
  readonly keys: Readonly<Record<string, Json>>
  readonly records: Readonly<Record<string, Fields>>
}

export const EMPTY: Content = { text: '', values: [], keys: {}, records: {} }

/** Reads all roots. Costs the size of the document. */
export function contentOf(replica: Replica): Content {
  const content = { text: replica.text(), values: replica.values(), keys: replica.keys(), records: replica.records() }
  // Through JSON, since the libraries' objects are proxies, frozen or without a prototype.
  return JSON.parse(JSON.stringify(content)) as Content
}

/** Whether two contents are the same; keys have no order. */
export function isSameContent(a: Content, b: Content): boolean {
  return isDeepStrictEqual(a, b)
}
