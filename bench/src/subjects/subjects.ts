/** All libraries, in the order of the table's columns. Imported one by one, so that a process that measures one holds no other. */
import type { Subject } from './subject.ts'

const imports = {
  syncline: () => import('./syncline.ts'),
  yjs: () => import('./yjs.ts'),
  'json-joy': () => import('./json-joy.ts'),
  loro: () => import('./loro.ts'),
  automerge: () => import('./automerge.ts'),
  'yjs 14 rc': () => import('./yjs-14.ts'),
  ywasm: () => import('./ywasm.ts'),
} as const satisfies Readonly<Record<string, () => Promise<{ readonly subject: Subject }>>>

export type SubjectName = keyof typeof imports

export const subjectNames = Object.keys(imports) as readonly SubjectName[]

export async function importSubject(name: SubjectName): Promise<Subject> {
  return (await imports[name]()).subject
}
