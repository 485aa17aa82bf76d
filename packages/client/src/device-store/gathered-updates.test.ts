import { emptyUpdate, mergeUpdates } from '@syncline/core'
import fc from 'fast-check'
import { Doc, applyUpdate, encodeStateAsUpdate } from 'yjs'
import { describe, expect, test } from 'vitest'
import { CONTRADICTIONS_MAX, GatheredUpdates, mergeRows } from './gathered-updates.ts'

function update(text: string, client?: number): Uint8Array {
  const doc = new Doc()
  if (client !== undefined) doc.clientID = client
  doc.getText('text').insert(0, text)
  return encodeStateAsUpdate(doc)
}

function textOf(bytes: Uint8Array): string {
  const doc = new Doc()
  applyUpdate(doc, bytes)
  return doc.getText('text').toJSON()
}

describe('gathered updates', () => {
  test('a damaged one does not take the others with it', () => {
    const [one, two] = [update('one'), update('two')]
    expect(mergeRows([one, two])).toEqual(mergeUpdates([one, two]))
    expect(mergeRows([one, new Uint8Array([255, 255]), two])).toEqual(mergeUpdates([one, two]))
    expect(mergeRows([new Uint8Array([9])])).toEqual(emptyUpdate())
    expect(mergeRows([])).toEqual(emptyUpdate())
  })

  test('those that contradict each other are kept apart, whole, and the ranges are named', () => {
    const gathered = new GatheredUpdates()
    expect([update('mine', 1), update('other', 2), update('ours', 1)].map((one) => gathered.add(one))).toEqual([
      0, 0, 1,
    ])
    expect(gathered.conflicts).toMatchObject([{ client: 1, start: 0, end: 4 }])
    expect(textOf(gathered.encode(0))).toContain('mine')
    expect(textOf(gathered.encode(1))).toBe('ours')
    expect(gathered.merged()).toEqual(mergeUpdates([gathered.encode(0), gathered.encode(1)]))
  })

  test('what contradicts all is kept as it came', () => {
    const gathered = new GatheredUpdates()
    const letters = Array.from({ length: CONTRADICTIONS_MAX + 2 }, (_, index) => String.fromCodePoint(97 + index))
    const places = letters.map((letter) => gathered.add(update(letter, 1)))
    expect(places).toEqual([0, 1, 2, 3, 'apart', 'apart'])
    expect(letters).toContain(textOf(gathered.merged()))
  })

  test('give the bytes of a merge, in whatever order they came', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray('abcdefgh'.split(''), { minLength: 1 }), (letters) => {
        const updates = letters.map((letter, index) => update(letter.repeat(3), index + 1))
        expect(GatheredUpdates.of(updates).merged()).toEqual(mergeUpdates(updates))
      }),
    )
  })

  test('drop the content of what is deleted, when they are told to, and nothing else', () => {
    const doc = new Doc({ gc: false })
    const updates: Uint8Array[] = []
    doc.on('update', (one: Uint8Array) => updates.push(one))
    doc.getText('text').insert(0, 'secret')
    doc.getText('text').insert(6, ' kept')
    doc.getText('text').delete(0, 6)
    const gathered = GatheredUpdates.of(updates)
    expect(new TextDecoder().decode(gathered.merged())).toContain('secret')
    gathered.compact()
    expect(new TextDecoder().decode(gathered.merged())).not.toContain('secret')
    expect(textOf(gathered.merged())).toBe(' kept')
  })
})
