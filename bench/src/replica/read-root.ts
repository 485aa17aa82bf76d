/** What somebody who opens a document looks at first. */
import type { Content } from '../subjects/content.ts'
import type { Replica } from '../subjects/subject.ts'

export type Root = keyof Content

/** The one root that has content, of documents that have one. */
export function rootOf({ text, values, keys }: Content): Root {
  if (text !== '') return 'text'
  if (values.length > 0) return 'values'
  return Object.keys(keys).length > 0 ? 'keys' : 'records'
}

export function readRoot(replica: Replica, root: Root): unknown {
  return replica[root]()
}
