import { diffUpdate, encodeStateVector, mergeUpdates, updateRanges } from '@syncline/core'
import { expect, test } from 'vitest'
import { ClientOwners } from '../auth/client-owners.ts'
import { defaultLimits } from '../limits.ts'
import { updateOf } from '../relay-client.fixture.ts'
import { Admission, type AdmissionLimits, type Candidate, type Decision } from './admission.ts'
import { RoomContent } from './room-content.ts'

/** An admission to a log that has `stored`. */
function admission(stored: readonly Uint8Array[] = [], changed: Partial<AdmissionLimits> = {}): Admission<Candidate> {
  const limits = { ...defaultLimits, ...changed }
  const content = new RoomContent(limits)
  for (const update of stored) content.add(updateRanges(update))
  return new Admission(content, new ClientOwners(limits), () => undefined, limits)
}

function pushBy(author: number, update: Uint8Array): Candidate {
  return { author, access: 'write', subject: undefined, refill: false, update }
}

function kindsOf(decisions: readonly { readonly kind: string }[]): string[] {
  return decisions.map(({ kind }) => kind)
}

/** The only one of `decisions`, which is to inspect. */
function inspectIn(decisions: readonly Decision<Candidate>[]): Decision<Candidate> & { readonly kind: 'inspect' } {
  const [decision, ...rest] = decisions
  expect(rest).toEqual([])
  if (decision?.kind !== 'inspect') throw new Error(`${decision?.kind} is not an inspection`)
  return decision
}

const known = { kind: 'known' } as const
const adds = { kind: 'adds', clients: [] } as const
const undecided = { kind: 'undecided' } as const

test('what claims new units of a push that is being inspected waits, new as it is to the log', () => {
  const room = admission([updateOf('ab', 9)])
  const { inspection } = inspectIn(room.arrive(pushBy(1, updateOf('abcd', 9))))
  const other = diffUpdate(updateOf('abXY', 9), encodeStateVector(new Map([[9, 2]])))
  expect(updateRanges(other).structs).toEqual([9, 2, 4])
  expect(kindsOf(room.arrive(pushBy(2, other)))).toEqual([])
  const [append, ...rest] = room.inspected(inspection, [adds])
  expect(rest).toEqual([])
  if (append?.kind !== 'append') throw new Error('the first one is stored')
  expect(inspectIn(room.settle(append.push, true).decisions).pushes).toEqual([other])
})

test('what stands behind a push that is undecided is not decided before it', () => {
  const room = admission([updateOf('ab', 9)])
  const first = inspectIn(room.arrive(pushBy(1, updateOf('ab', 9))))
  const [stored, same, behind] = [updateOf('abc', 9), updateOf('abc', 9), updateOf('new', 7)]
  for (const push of [pushBy(2, stored), pushBy(3, same), pushBy(3, behind)]) expect(room.arrive(push)).toEqual([])
  const [answer, ...rest] = room.inspected(first.inspection, [known])
  expect(answer).toMatchObject({ kind: 'known' })
  const second = inspectIn(rest)
  expect(second.pushes).toEqual([stored, same, behind])
  const [append, ...others] = room.inspected(second.inspection, [adds, undecided, adds])
  expect(others).toEqual([])
  if (append?.kind !== 'append') throw new Error('the first one is stored')
  expect(append.push.update).toBe(stored)
  const third = inspectIn(room.settle(append.push, true).decisions)
  expect(third.pushes).toEqual([same, behind])
  expect(kindsOf(room.inspected(third.inspection, [known, adds]))).toEqual(['known', 'append'])
})

test('what was decided makes room for others to wait', () => {
  const update = updateOf('ab', 9)
  const room = admission([update], { undecidedBytesMax: update.length + 4096 + 24 })
  for (let round = 0; round < 3; round++) {
    const { inspection } = inspectIn(room.arrive(pushBy(1, update)))
    expect(kindsOf(room.arrive(pushBy(2, update)))).toEqual(['rejected'])
    expect(kindsOf(room.inspected(inspection, [known]))).toEqual(['known'])
  }
  expect(room.isBusy).toBe(false)
})

test('what waits counts with what is known of it, until it is decided: many ranges may take more than their bytes', () => {
  // A hundred clients with a unit each: 24 bytes for each of them, beside those of the update.
  const update = mergeUpdates(Array.from({ length: 100 }, (_, client) => updateOf('a', client + 1)))
  const held = update.length + 4096 + 100 * 24
  const other = updateOf('a', 1)
  const otherHeld = other.length + 4096
  for (const scannedInlineBytesMax of [update.length, other.length]) {
    for (const [room, kinds] of [
      [admission([update], { scannedInlineBytesMax, undecidedBytesMax: held + otherHeld }), []],
      [admission([update], { scannedInlineBytesMax, undecidedBytesMax: held + otherHeld - 1 }), ['rejected']],
    ] as const) {
      for (let round = 0; round < 2; round++) {
        let first = room.arrive(pushBy(1, update))
        if (first[0]?.kind === 'scan') first = room.scanned(first[0].scan, updateRanges(update))
        const { inspection } = inspectIn(first)
        expect(kindsOf(room.arrive(pushBy(1, other)))).toEqual(kinds)
        let decided = room.inspected(inspection, [known])
        if (kinds.length === 0) {
          const [, next] = decided
          expect(kindsOf(decided)).toEqual(['known', 'inspect'])
          if (next?.kind === 'inspect') decided = room.inspected(next.inspection, [known])
        }
        expect(kindsOf(decided)).toEqual(['known'])
        expect(room.isBusy).toBe(false)
      }
    }
  }
})

test('whoever waits for an inspection waits for the appends before it, however many come to wait after it', () => {
  const room = admission()
  const typed = pushBy(1, updateOf('typed', 1))
  expect(kindsOf(room.arrive(typed))).toEqual(['append'])
  expect(kindsOf(room.arrive(pushBy(11, updateOf('other', 1))))).toEqual([])
  // One append is always under way, and one more waits, each time before the log has answered.
  expect(kindsOf(room.arrive(pushBy(2, updateOf('typed', 2))))).toEqual(['append'])
  expect(kindsOf(room.arrive(pushBy(12, updateOf('other', 2))))).toEqual([])
  const [inspect, ...rest] = room.settle(typed, true).decisions
  expect(rest).toEqual([])
  expect(inspect).toMatchObject({ kind: 'inspect', pushes: [updateOf('other', 1)] })
})

test('deletions that are not in order are put in order before they are stored: a Yjs client would delete others in their place', () => {
  const overlapping = Uint8Array.of(0, 1, 1, 2, 0, 2, 0, 2)
  const inOrder = Uint8Array.of(0, 1, 1, 1, 0, 2)
  const [append] = admission().arrive(pushBy(1, overlapping))
  if (append?.kind !== 'append') throw new Error('it is stored')
  expect(append.push.update).toEqual(inOrder)

  const room = admission([], { scannedInlineBytesMax: 4 })
  const [scan] = room.arrive(pushBy(1, overlapping))
  if (scan?.kind !== 'scan') throw new Error('it is scanned')
  const [scanned] = room.scanned(scan.scan, updateRanges(overlapping))
  if (scanned?.kind !== 'append') throw new Error('it is stored')
  expect(scanned.push.update).toEqual(inOrder)
})
