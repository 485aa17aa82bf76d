import { diffUpdate, emptyUpdate, encodeStateVectorFromUpdate, updateIds } from '@syncline/core'
import fc from 'fast-check'
import { applyUpdate, Doc, encodeStateAsUpdate, encodeStateVector, Map as YMap } from 'yjs'
import { describe, expect, test } from 'vitest'
import { reissued } from './reissue.ts'

/** A document that writes as client 1, as if this one were a copy of it. */
function copyOf(state: Uint8Array): Doc {
  const doc = new Doc()
  applyUpdate(doc, state)
  doc.clientID = 1
  return doc
}

function edited(
  state: Uint8Array,
  edit: (doc: Doc) => void,
): { readonly state: Uint8Array; readonly update: Uint8Array } {
  const doc = copyOf(state)
  const before = encodeStateVector(doc)
  edit(doc)
  return { state: encodeStateAsUpdate(doc), update: encodeStateAsUpdate(doc, before) }
}

function typing(added: string): (doc: Doc) => void {
  return (doc) => doc.getText('text').insert(doc.getText('text').length, added)
}

function textOf(...updates: readonly Uint8Array[]): string {
  const doc = new Doc()
  for (const update of updates) applyUpdate(doc, update)
  expect(doc.store.pendingStructs).toBeNull()
  return doc.getText('text').toJSON()
}

const shared = edited(emptyUpdate(), typing('shared ')).state
const theirs = edited(shared, typing('theirs')).state

describe('reissued edits', () => {
  test('are as they were, beside what others have in their place', () => {
    const ours = edited(shared, typing('ours'))
    expect(textOf(theirs, ours.update)).toBe('shared theirs')
    const text = textOf(theirs, reissued([ours.update]))
    expect(['shared theirsours', 'shared ourstheirs']).toContain(text)
  })

  test('keep their names when more edits are refused', () => {
    const first = edited(shared, typing('one'))
    const second = edited(first.state, typing('two'))
    const before = reissued([first.update])
    const update = reissued([first.update, second.update])
    expect(diffUpdate(before, encodeStateVectorFromUpdate(update))).toEqual(emptyUpdate())
    expect(textOf(theirs, before, update)).toContain('onetwo')
  })

  test('have no gap where edits between them were not refused', () => {
    const first = edited(shared, typing('one'))
    const second = edited(first.state, typing('two'))
    const third = edited(second.state, typing('three'))
    const update = reissued([first.update, third.update])
    expect([...updateIds(update).structs]).toMatchObject([{ start: 0, end: 8 }])
  })

  test('delete what they deleted, of their own and of others', () => {
    const ours = edited(shared, (doc) => {
      typing('ours')(doc)
      doc.getText('text').delete(0, 8)
    })
    expect(
      textOf(theirs, reissued([ours.update]))
        .split('')
        .sort()
        .join(''),
    ).toBe('theirsurs'.split('').sort().join(''))
  })

  test('keep nested values in each other', () => {
    const ours = edited(shared, (doc) => {
      const map = new YMap<unknown>()
      doc.getMap('map').set('nested', map)
      map.set('deep', 'value')
    })
    const doc = new Doc()
    applyUpdate(doc, theirs)
    applyUpdate(doc, reissued([ours.update]))
    expect(doc.getMap('map').toJSON()).toEqual({ nested: { deep: 'value' } })
  })

  test('are nothing where nothing was refused, or nothing can be read', () => {
    expect(reissued([])).toEqual(emptyUpdate())
    expect(reissued([Uint8Array.of(9, 9)])).toEqual(emptyUpdate())
  })

  test('whatever was typed and deleted, it is there', () => {
    const step = fc.record({ at: fc.nat(40), added: fc.string({ maxLength: 4 }), deleted: fc.nat(3) })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 20 }), (steps) => {
        // What others have elsewhere does not touch what is typed here, so that the text here is known.
        const edits: Uint8Array[] = []
        let { state } = { state: shared }
        for (const { at, added, deleted } of steps) {
          const next = edited(state, (doc) => {
            const text = doc.getText('mine')
            if (added !== '') text.insert(Math.min(at, text.length), added)
            const from = Math.min(at, text.length)
            text.delete(from, Math.min(deleted, text.length - from))
          })
          edits.push(next.update)
          state = next.state
        }
        const [mine, all] = [copyOf(state), new Doc()]
        applyUpdate(all, theirs)
        applyUpdate(all, reissued(edits))
        expect(all.store.pendingStructs).toBeNull()
        expect(all.getText('mine').toJSON()).toBe(mine.getText('mine').toJSON())
        expect(all.getText('text').toJSON()).toBe('shared theirs')
      }),
    )
  })
})
