import type { Position } from '@syncline/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Delivery } from './delivery.ts'

const at = (seq: number): Position => ({ epoch: seq === 0 ? 0 : 1, seq })

test('a member at the head is live, and is sent what is new once', () => {
  const delivery = new Delivery(at(3), 3, undefined)
  expect(delivery.bringTo(at(3), 1)).toBe(undefined)
  expect(delivery.isLive).toBe(true)
  expect([delivery.share(at(5), false), delivery.share(at(5), false)]).toEqual(['update', 'nothing'])
  expect(delivery.mark).toEqual(at(5))
})

test('a member behind the head is read for, and is sent nothing meanwhile', () => {
  const delivery = new Delivery(at(3), 3, undefined)
  expect(delivery.bringTo(at(5), 7)).toEqual({ read: 7, afterSeq: 3, stateVector: undefined, isAsked: false })
  expect([delivery.isLive, delivery.awaits(7), delivery.awaits(6)]).toEqual([false, true, false])
  expect(delivery.share(at(6), false)).toBe('nothing')
  expect(delivery.mark).toEqual(at(3))
  delivery.caughtUp(at(6))
  expect(delivery.bringTo(at(6), 8)).toBe(undefined)
  // The room hears of an entry that the read has seen.
  expect(delivery.share(at(6), false)).toBe('nothing')
  expect(delivery.share(at(7), false)).toBe('update')
})

test('a newcomer is diffed against what it has, and only once', () => {
  const [has, asked] = [Uint8Array.of(1), Uint8Array.of(2)]
  const delivery = new Delivery(at(0), -1, has)
  expect(delivery.bringTo(at(5), 1)).toEqual({ read: 1, afterSeq: 0, stateVector: has, isAsked: false })
  delivery.caughtUp(at(5))
  expect(delivery.bringTo(at(6), 2)).toEqual({ read: 2, afterSeq: 5, stateVector: undefined, isAsked: false })
  delivery.caughtUp(at(6))
  // A question is answered whole, also if there is nothing new; of several the last one.
  delivery.ask(has)
  delivery.ask(asked)
  expect(delivery.bringTo(at(6), 3)).toEqual({ read: 3, afterSeq: 0, stateVector: asked, isAsked: true })
  delivery.caughtUp(at(6))
  expect(delivery.bringTo(at(6), 4)).toBe(undefined)
})

test('who wrote all that is new hears how far it is, unless an ack has said so', () => {
  const delivery = new Delivery(at(0), 0, undefined)
  delivery.bringTo(at(0), 1)
  delivery.acked(at(1))
  expect(delivery.share(at(1), true)).toBe('nothing')
  // One ack for two entries: the first of them would be missed if it counted.
  delivery.acked(at(3))
  expect(delivery.share(at(3), true)).toBe('position')
})

test('a socket that is full ends a read, and the next one begins at the mark', () => {
  const delivery = new Delivery(at(2), 2, undefined)
  delivery.bringTo(at(4), 1)
  delivery.hold()
  expect([delivery.awaits(1), delivery.isWaiting, delivery.share(at(5), false)]).toEqual([false, true, 'nothing'])
  expect(delivery.bringTo(at(5), 2)).toMatchObject({ afterSeq: 2 })
})

test('whatever happens, everything up to the mark was sent or is its own, and what is live is at the head', () => {
  const event = fc.constantFrom('own', 'other', 'answer', 'hold', 'drain', 'ask')
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), fc.nat(3), (events, start) => {
      let head = start
      let reads = 0
      let wanted: { readonly read: number; readonly afterSeq: number } | undefined
      const has = new Set<number>()
      const delivery = new Delivery(at(0), start === 0 ? 0 : -1, undefined)
      const bring = (): void => {
        wanted = delivery.bringTo(at(head), ++reads) ?? wanted
      }
      bring()
      for (const name of events) {
        if (name === 'own' || name === 'other') {
          const position = at(++head)
          const isOwn = name === 'own'
          if (isOwn) {
            has.add(head)
            delivery.acked(position)
          }
          if (delivery.share(position, isOwn) === 'update') has.add(head)
        } else if (name === 'answer' && wanted !== undefined && delivery.awaits(wanted.read)) {
          for (let seq = wanted.afterSeq + 1; seq <= head; seq++) has.add(seq)
          delivery.caughtUp(at(head))
          bring()
        } else if (name === 'hold') delivery.hold()
        else if (name === 'drain' && delivery.isWaiting) bring()
        else if (name === 'ask') {
          delivery.ask(Uint8Array.of(0))
          if (delivery.isLive) bring()
        }
        for (let seq = 1; seq <= delivery.mark.seq; seq++) expect(has).toContain(seq)
        if (delivery.isLive) expect(delivery.mark.seq).toBe(head)
      }
    }),
  )
})
