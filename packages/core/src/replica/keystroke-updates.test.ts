import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { DecodeError } from '../errors.ts'
import { decodeUpdate } from '../update.ts'
import { applyUpdate } from './apply-update.ts'
import { Doc } from './doc.ts'

const CLIENT_IDS = [3, 300, 2 ** 31 - 1, 2 ** 32 - 5, 2 ** 35 - 1, 2 ** 35, 2 ** 53 - 1]

/** Updates of a few edits by each of two people in turn, and the document that has all but the last. */
function typing(clientIds: readonly [number, number]): Uint8Array[] {
  const updates: Uint8Array[] = []
  const [one, other] = clientIds.map(() => new Y.Doc()) as [Y.Doc, Y.Doc]
  const connect = (from: Y.Doc, to: Y.Doc): void => {
    from.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === 'other') return
      updates.push(update)
      Y.applyUpdate(to, update, 'other')
    })
  }
  connect(one, other)
  connect(other, one)
  ;[one.clientID, other.clientID] = clientIds
  const [first, second] = [one.getText('text'), other.getText('text')]
  first.insert(0, 'The first of them.')
  second.insert(3, ' very')
  first.insert(4, 'x')
  second.insert(5, 'y'.repeat(9))
  first.delete(0, 2)
  second.insert(0, 'z')
  first.insert(20, 'wide: ü')
  second.delete(3, 40)
  first.insert(1, 'end')
  return updates
}

test('what two people type is the same as in Yjs, and emitted in the same bytes, whatever their client IDs', () => {
  for (const one of CLIENT_IDS) {
    for (const other of CLIENT_IDS) {
      if (one === other) continue
      const updates = typing([one, other])
      const [ours, theirs] = [new Doc(), new Y.Doc()]
      const emitted: [Uint8Array[], Uint8Array[]] = [[], []]
      ours.on('update', (update) => emitted[0].push(update))
      theirs.on('update', (update: Uint8Array) => emitted[1].push(update))
      for (const update of updates) {
        applyUpdate(ours, update)
        Y.applyUpdate(theirs, update)
      }
      expect(emitted[0]).toEqual(emitted[1])
      expect(ours.encodeStateAsUpdate()).toEqual(Y.encodeStateAsUpdate(theirs))
    }
  }
})

test('a keystroke with any byte changed, left out or added is refused as by the general decoder, or applied as by Yjs', () => {
  const updates = typing([300, 2 ** 32 - 5])
  // One of each kind.
  for (const [index, update] of updates.entries()) {
    if (![1, 3, 4, 7].includes(index)) continue
    for (const changed of changes(update)) {
      const doc = new Doc()
      for (const before of updates.slice(0, index)) applyUpdate(doc, before)
      const state = doc.encodeStateAsUpdate()
      if (!isUpdate(changed)) {
        expect(() => applyUpdate(doc, changed), String(changed)).toThrow(DecodeError)
        expect(doc.encodeStateAsUpdate()).toEqual(state)
        continue
      }
      try {
        applyUpdate(doc, changed)
      } catch (error) {
        // Clocks that a document does not have room for.
        expect((error as DecodeError).code, String(changed)).toBe('limit-exceeded')
        continue
      }
      const theirs = new Y.Doc()
      Y.applyUpdate(theirs, state)
      Y.applyUpdate(theirs, changed)
      expect(doc.getText('text').toJSON(), String(changed)).toBe(theirs.getText('text').toJSON())
      expect(doc.encodeStateVector(), String(changed)).toEqual(Y.encodeStateVector(theirs))
    }
  }
}, 60_000)

function* changes(update: Uint8Array): Generator<Uint8Array> {
  for (const [at, byte] of update.entries()) {
    yield update.slice(0, at)
    for (const other of [0, 1, 0x44, 0x80, 0xff, byte ^ 1, byte ^ 0x80]) {
      yield update.with(at, other)
      yield Uint8Array.from([...update.subarray(0, at), other, ...update.subarray(at)])
    }
  }
  yield Uint8Array.from([...update, 0])
}

function isUpdate(bytes: Uint8Array): boolean {
  try {
    decodeUpdate(bytes)
    return true
  } catch {
    return false
  }
}
