import { mergeUpdates } from '@syncline/core'
import fc from 'fast-check'
import { Doc, encodeStateAsUpdate } from 'yjs'
import { describe, expect, test } from 'vitest'
import { Outbox, type EditKey, type Parcel } from './outbox.ts'

const updates = Array.from({ length: 20 }, (_, index) => {
  const doc = new Doc()
  doc.clientID = index + 1
  doc.getText('text').insert(0, 'x'.repeat(index))
  return encodeStateAsUpdate(doc)
})

function update(index: number): Uint8Array {
  return updates.at(index % updates.length) as Uint8Array
}

function filled(count: number): Outbox {
  const outbox = new Outbox()
  for (let ref = 1; ref <= count; ref += 1) outbox.add({ key: ref, update: update(ref) })
  return outbox
}

describe('an outbox', () => {
  test('merges waiting edits into one parcel, up to a number of bytes', () => {
    const outbox = filled(4)
    const bytes = [1, 2, 3].map((ref) => update(ref).length).reduce((sum, length) => sum + length)
    expect(outbox.take(bytes)).toEqual({ keys: [1, 2, 3], update: mergeUpdates([1, 2, 3].map(update)) })
    expect(outbox.take(1)).toEqual({ keys: [4], update: update(4) })
    expect(outbox.take(1_000)).toBeUndefined()
    expect(outbox).toMatchObject({ sentRef: 4, ackedRef: 0, settledRef: 0, size: 4, hasUnacked: true })
  })

  test('knows each edit once, and none that is settled', () => {
    const outbox = filled(1)
    expect(outbox.add({ key: 1, update: update(1) })).toBe(false)
    outbox.settle([1])
    expect(outbox.add({ key: 1, update: update(1) })).toBe(false)
    const key = { tab: 't', seq: 1 }
    expect(outbox.add({ key, update: update(1) })).toBe(true)
    expect(outbox.add({ key: { ...key }, update: update(1) })).toBe(false)
  })

  test('tells acked from settled', () => {
    const outbox = filled(2)
    outbox.take(1_000)
    outbox.acknowledge([1, 2])
    expect(outbox).toMatchObject({ ackedRef: 2, settledRef: 0, size: 2, hasUnacked: false })
    // The connection was lost before the position covered them: they go again, but nobody is told otherwise.
    outbox.putAllBack()
    expect(outbox).toMatchObject({ ackedRef: 2, settledRef: 0, hasUnacked: false })
    expect(outbox.take(1_000)?.keys).toEqual([1, 2])
    outbox.settle([1, 2])
    expect(outbox).toMatchObject({ settledRef: 2, size: 0 })
  })

  test('sends the edits of a refused parcel alone, and gives up only the bad one', () => {
    const outbox = filled(3)
    expect(outbox.rejectForGood(outbox.take(1_000)?.keys ?? [], 'malformed-update')).toBeUndefined()
    const alone = [outbox.take(1_000), outbox.take(1_000), outbox.take(1_000)]
    expect(alone.map((parcel) => parcel?.keys)).toEqual([[1], [2], [3]])
    expect(outbox.rejectForGood([2], 'malformed-update')).toMatchObject({ key: 2 })
    outbox.acknowledge([1, 3])
    outbox.settle([1, 3])
    expect(outbox).toMatchObject({ settledRef: 3, size: 0, rejected: [{ ref: 2, code: 'malformed-update' }] })
  })

  test('takes over what the device store knows to be settled', () => {
    const outbox = filled(4)
    outbox.raise(2, [{ ref: 4, code: 'too-bad' }])
    expect(outbox.take(1_000)?.keys).toEqual([3])
    outbox.settle([3])
    expect(outbox.settledRef).toBe(4)
  })

  test('loses no edit and settles none by itself, whatever happens to parcels', () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant('add' as const) }),
      fc.record({ type: fc.constant('take' as const), bytes: fc.nat(200) }),
      fc.record({ type: fc.constantFrom('ack' as const, 'reject' as const, 'back' as const), parcel: fc.nat() }),
      fc.record({ type: fc.constant('lost' as const) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const outbox = new Outbox()
        let added = 0
        let parcels: Parcel[] = []
        const settled = new Set<EditKey>()
        for (const next of steps) {
          if (next.type === 'add') {
            added += 1
            outbox.add({ key: added, update: update(added) })
          } else if (next.type === 'take') {
            const parcel = outbox.take(next.bytes)
            if (parcel !== undefined) parcels.push(parcel)
          } else if (next.type === 'lost') {
            outbox.putAllBack()
            parcels = []
          } else {
            const [parcel] = parcels.splice(next.parcel % Math.max(1, parcels.length), 1)
            if (parcel === undefined) continue
            if (next.type === 'back') outbox.putBack(parcel.keys)
            if (next.type === 'ack') for (const { key } of outbox.settle(parcel.keys)) settled.add(key)
            if (next.type === 'reject') {
              const bad = outbox.rejectForGood(parcel.keys, 'no')
              if (bad !== undefined) settled.add(bad.key)
            }
          }
          expect(outbox.size).toBe(added - settled.size)
          let end = 0
          while (settled.has(end + 1)) end += 1
          expect(outbox.settledRef).toBe(end)
        }
        // What is left can all be sent.
        outbox.putAllBack()
        const left = new Set<EditKey>()
        for (let parcel = outbox.take(100); parcel !== undefined; parcel = outbox.take(100)) {
          for (const key of parcel.keys) left.add(key)
        }
        expect(left.size).toBe(added - settled.size)
        for (const key of left) expect(settled.has(key)).toBe(false)
      }),
    )
  })
})
