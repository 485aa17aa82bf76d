import { mergeUpdates } from '@syncline/core'
import fc from 'fast-check'
import { applyUpdate, Doc, encodeStateAsUpdate } from 'yjs'
import { expect, test } from 'vitest'
import { splitUpdate } from './split-update.ts'

/** A document that several replicas wrote: one edit per entry. */
function written(
  edits: readonly { readonly replica: number; readonly at: number; readonly word: string }[],
): Uint8Array {
  const replicas = [1, 2, 3].map((clientID) => {
    const doc = new Doc()
    doc.clientID = clientID
    return doc
  })
  for (const { replica, at, word } of edits) {
    const doc = replicas.at(replica % replicas.length) as Doc
    const text = doc.getText('text')
    if (word === '' && text.length > 1) text.delete(at % (text.length - 1), 1)
    else text.insert(at % (text.length + 1), word)
    for (const other of replicas) if (at % 3 === 0) applyUpdate(other, encodeStateAsUpdate(doc))
  }
  return mergeUpdates(replicas.map((doc) => encodeStateAsUpdate(doc)))
}

test('parts are within the limit, and together have the effect of the whole, in any order', () => {
  const edit = fc.record({ replica: fc.nat(2), at: fc.nat(50), word: fc.string({ maxLength: 12 }) })
  fc.assert(
    fc.property(
      fc.array(edit, { maxLength: 40 }),
      fc.integer({ min: 60, max: 400 }),
      fc.boolean(),
      (edits, max, turn) => {
        const whole = written(edits)
        const parts = splitUpdate(whole, max)
        if (parts === undefined) throw new Error('no struct is that large')
        for (const part of parts) expect(part.length).toBeLessThanOrEqual(max)
        const [expected, doc] = [new Doc(), new Doc()]
        applyUpdate(expected, whole)
        for (const part of turn ? [...parts].reverse() : parts) applyUpdate(doc, part)
        expect(encodeStateAsUpdate(doc)).toEqual(encodeStateAsUpdate(expected))
      },
    ),
    { numRuns: 60 },
  )
})

test('a struct that is too large alone cannot be split', () => {
  const doc = new Doc()
  doc.getText('text').insert(0, 'x'.repeat(1000))
  expect(splitUpdate(encodeStateAsUpdate(doc), 500)).toBeUndefined()
})
