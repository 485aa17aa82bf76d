/**
 * The kind of document that tests give their rooms. Each file of tests that takes its documents from here is run once on Yjs's and once on the
 * core's, by projects of Vitest that differ in nothing else (see vitest.config.ts). What tests compare with stays Yjs.
 */
import { Doc as CoreDoc } from '@syncline/core'
import { inject } from 'vitest'
import { Doc } from 'yjs'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Whose documents rooms have; Yjs's where a project says nothing. */
    documents: 'yjs' | 'core'
  }
}

/** A document for a room. Its type is Yjs's, since the core's has all of its names that tests use. */
export function newDoc(options: { readonly gc?: boolean } = {}): Doc {
  return inject('documents') === 'core' ? (new CoreDoc(options) as unknown as Doc) : new Doc(options)
}
