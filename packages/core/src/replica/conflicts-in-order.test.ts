import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { FUZZ_TIMEOUT_MS, fuzz } from '../fuzz.fixture.ts'
import { applyUpdate } from './apply-update.ts'
import { Doc } from './doc.ts'

/** Somebody who heard of some of those before, and writes at a few places. */
const writer = fc.record({
  heard: fc.integer({ min: 0, max: 0xfff }),
  edits: fc.array(fc.record({ kind: fc.constantFrom('text', 'list', 'key'), at: fc.integer({ min: 0, max: 3 }) }), {
    minLength: 1,
    maxLength: 3,
  }),
})

/** What the one who gets it all does before an update comes: mostly nothing. */
const between = fc.option(
  fc.record({ isDeletion: fc.boolean(), at: fc.integer({ min: 0, max: 9 }), length: fc.integer({ min: 1, max: 3 }) }),
  { freq: 3 },
)

const scene = fc.record({
  start: fc.constantFrom('', 'a', 'abc'),
  writers: fc.array(writer, { minLength: 2, maxLength: 12 }),
  order: fc.constantFrom('rising', 'falling', 'mixed'),
  betweens: fc.array(between, { minLength: 12, maxLength: 12 }),
  isOneTransaction: fc.boolean(),
})

type Library = { applyUpdate(doc: never, update: Uint8Array): void }

test(
  'many who write at one place are put in the same order as by Yjs, in whatever order they come',
  () => {
    fc.assert(
      fc.property(scene, ({ start, writers, order, betweens, isOneTransaction }) => {
        const updates = written(start, writers)
        if (order === 'falling') updates.reverse()
        else if (order === 'mixed') updates.sort((a, b) => (a.length % 5) - (b.length % 5))
        const read = (doc: Doc | Y.Doc, library: Library): void => {
          doc.clientID = 50
          const text = doc.getText('text')
          const readAll = (): void => {
            updates.forEach((update, index) => {
              // In one transaction, Yjs loses count of where it is in a text that others change, too.
              const edit = isOneTransaction ? null : betweens[index]
              if (edit !== null && edit !== undefined && text.length > 0) {
                const at = Math.min(edit.at, text.length - 1)
                if (edit.isDeletion) text.delete(at, Math.min(edit.length, text.length - at))
                else text.insert(at, '-'.repeat(edit.length))
              }
              library.applyUpdate(doc as never, update)
            })
          }
          if (isOneTransaction) doc.transact(readAll)
          else readAll()
        }
        const [ours, theirs] = [new Doc(), new Y.Doc()]
        read(ours, { applyUpdate })
        read(theirs, Y)
        expect(ours.getText('text').toJSON()).toBe(theirs.getText('text').toJSON())
        expect(ours.getArray('list').toJSON()).toEqual(theirs.getArray('list').toJSON())
        expect(ours.encodeStateAsUpdate()).toEqual(Y.encodeStateAsUpdate(theirs))
      }),
      fuzz(4),
    )
  },
  FUZZ_TIMEOUT_MS,
)

/** An update of each writer, whose client IDs rise. */
function written(
  start: string,
  writers: readonly { heard: number; edits: readonly { kind: string; at: number }[] }[],
): Uint8Array[] {
  const origin = new Y.Doc()
  origin.clientID = 7
  origin.getText('text').insert(0, start)
  const updates = [Y.encodeStateAsUpdate(origin)]
  for (const [index, { heard, edits }] of writers.entries()) {
    const doc = new Y.Doc()
    doc.clientID = 100 + index
    for (const [at, update] of updates.entries()) if (at === 0 || ((heard >> at) & 1) === 1) Y.applyUpdate(doc, update)
    const before = Y.encodeStateVector(doc)
    for (const { kind, at } of edits) {
      const text = doc.getText('text')
      const list = doc.getArray('list')
      if (kind === 'text') text.insert(Math.min(at, text.length), `w${index} `)
      else if (kind === 'list') list.insert(Math.min(at, list.length), [index])
      else doc.getMap('map').set('key', index)
    }
    updates.push(Y.encodeStateAsUpdate(doc, before))
  }
  return updates
}
