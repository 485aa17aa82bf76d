/**
 * The two libraries that are compared: Yjs, and the replica under Yjs's names. Whatever drives one drives the other, so all
 * fixtures here take a `Library` and import neither.
 */
import * as Y from 'yjs'
import * as replica from '../../yjs.ts'

/** Everything that Yjs exports. What the replica lacks of it is listed in `surface.test.ts`. */
export type Library = typeof Y

export const yjs: Library = Y

/** What is judged. */
export const subject: Library = replica as unknown as Library
