import { emptyUpdate, mergeUpdates } from '@syncline/core'
import { Doc, encodeStateAsUpdate } from 'yjs'
import { expect, test } from 'vitest'
import { mergeRows } from './merge-rows.ts'

function update(text: string): Uint8Array {
  const doc = new Doc()
  doc.getText('text').insert(0, text)
  return encodeStateAsUpdate(doc)
}

test('a damaged row does not take the others with it', () => {
  const [one, two] = [update('one'), update('two')]
  expect(mergeRows([one, two])).toEqual(mergeUpdates([one, two]))
  expect(mergeRows([one, new Uint8Array([255, 255]), two])).toEqual(mergeUpdates([one, two]))
  expect(mergeRows([new Uint8Array([9])])).toEqual(emptyUpdate())
})
