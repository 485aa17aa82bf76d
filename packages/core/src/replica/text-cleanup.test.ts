import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { bytesOfHex, hexOf } from '../golden-updates.fixture.ts'
import { applyUpdate } from './apply-update.ts'
import { Doc } from './doc.ts'
import { transact } from './transact.ts'

test('deletions of several clients are cleaned up after in the order in which they came', () => {
  // A mark that client 1 deleted makes the whole text be looked at, and then no gap: in the order of the clients, the gap of another would come first.
  const rounds = [
    [
      '0305ffffffffffffff0f000401047465787401610a0146ffffffffffffff0f0104626f6c640474727565c4ffffffffffffff0f02ffffffffffffff0f010164c6ffffffffffffff0f03ffffffffffffff0f0104626f6c64046e756c6c05ffffffff0f0144ffffffff0f0001610a0146ffffffff0f0204626f6c640474727565c4ffffffff0f03ffffffff0f0202c3b6c6ffffffff0f04ffffffff0f0204626f6c64046e756c6c05010384ffffffffffffff0f0001610a02c4ffffffffffffff0f00010501640a03c4ffffffffffffff0f000107016101ffffffff0f010201',
    ],
    [
      '010301000601047465787404626f6c640474727565850100117b22696d616765223a22612e706e67227d86010104626f6c64046e756c6c00',
      '0101ffffffff0f0244ffffffff0f01016100',
      '0101ffffffffffffff0f0144ffffffffffffff0f00016100',
      '0101ffffffff0f0004010474657874016100',
    ],
    ['0002ffffffffffffff0f01000101010003', '0001ffffffff0f010002'],
  ]
  const [published, ours] = [new Y.Doc(), new Doc()]
  const told: { published: string[]; ours: string[] } = { published: [], ours: [] }
  published.clientID = ours.clientID = 77
  published.getText('text')
  ours.getText('text')
  published.on('update', (update: Uint8Array) => told.published.push(hexOf(update)))
  ours.on('update', (update) => told.ours.push(hexOf(update)))
  for (const round of rounds) {
    const updates = round.map(bytesOfHex)
    published.transact(() => updates.forEach((update) => Y.applyUpdate(published, update)))
    transact(ours, () => updates.forEach((update) => applyUpdate(ours, update)))
  }
  expect(told.ours).toEqual(told.published)
  expect(ours.getText('text').toDelta()).toEqual(published.getText('text').toDelta())
})
