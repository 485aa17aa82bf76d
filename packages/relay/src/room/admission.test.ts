import { expect, test } from 'vitest'
import { ClientOwners } from '../auth/client-owners.ts'
import { defaultLimits } from '../limits.ts'
import { updateOf } from '../relay-client.fixture.ts'
import { Admission, type Candidate } from './admission.ts'
import { RoomContent } from './room-content.ts'

const limits = defaultLimits

/** An admission to an empty log. */
function admission(): Admission<Candidate> {
  return new Admission(new RoomContent(limits), new ClientOwners(limits), () => undefined, limits)
}

function pushBy(author: number, update: Uint8Array): Candidate {
  return { author, access: 'write', subject: undefined, refill: false, update }
}

function kindsOf(decisions: readonly { readonly kind: string }[]): string[] {
  return decisions.map(({ kind }) => kind)
}

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
