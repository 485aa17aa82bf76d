import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { applyUpdate } from './apply-update.ts'
import { Doc } from './doc.ts'
import { encodeStateAsUpdate } from './encode-state.ts'

test('what waits takes the place of nothing that is there, whatever it says of the same units', () => {
  const honest = new Y.Doc()
  honest.clientID = 7
  honest.getText('text').insert(0, 'abcd')
  const stranger = new Y.Doc()
  stranger.clientID = 9
  stranger.getText('text').insert(0, '-')
  // With the copied client ID 7, units 0 … 5, behind a unit that never comes.
  const copied = new Y.Doc()
  copied.clientID = 7
  Y.applyUpdate(copied, Y.encodeStateAsUpdate(stranger))
  copied.getText('text').insert(1, 'forged')
  const forged = Y.encodeStateAsUpdate(copied, Y.encodeStateVector(stranger))

  for (const updates of [
    [forged, Y.encodeStateAsUpdate(honest)],
    [Y.encodeStateAsUpdate(honest), forged],
  ]) {
    const doc = new Doc()
    for (const update of updates) applyUpdate(doc, update)
    expect(doc.getText('text').toJSON()).toBe('abcd')
    const loaded = new Doc()
    applyUpdate(loaded, encodeStateAsUpdate(doc))
    expect(loaded.getText('text').toJSON().slice(0, 4)).toBe('abcd')
  }
})
