import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ClientOwners, type Judgement, type Writing } from './client-owners.ts'

const limits = { clientOwnersMax: 100 }
const nobody = (): undefined => undefined

function writing(subject: string | undefined, clientIds: readonly number[], rest: Partial<Writing> = {}): Writing {
  return { subject, clientIds, refill: false, announcer: nobody, ...rest }
}

function judge(owners: ClientOwners, ...args: Parameters<typeof writing>): Judgement {
  return owners.judge(writing(...args))
}

test('a client ID belongs to who first wrote with it, and nobody else may write with it', () => {
  const owners = new ClientOwners(limits)
  expect(judge(owners, 'ada', [1])).toEqual({ kind: 'allowed', claims: [1] })
  owners.settle([1], true)
  expect(judge(owners, 'ada', [1])).toEqual({ kind: 'allowed', claims: [] })
  expect(judge(owners, 'bob', [1])).toEqual({ kind: 'foreign', clientId: 1, durable: true })
  expect(judge(owners, undefined, [1])).toEqual({ kind: 'foreign', clientId: 1, durable: true })
  expect(judge(owners, 'bob', [])).toEqual({ kind: 'allowed', claims: [] })
})

test('what the log has counts from the start', () => {
  const owners = new ClientOwners(limits)
  owners.load([{ clientId: 1, subject: 'ada', time: 0 }])
  expect(judge(owners, 'bob', [2, 1])).toEqual({ kind: 'foreign', clientId: 1, durable: true })
  expect(owners.size, 'and a push that is refused claims nothing').toBe(1)
})

test('nobody in particular claims nothing', () => {
  const owners = new ClientOwners(limits)
  expect(judge(owners, undefined, [1])).toEqual({ kind: 'allowed', claims: [] })
  expect(judge(owners, 'ada', [1])).toEqual({ kind: 'allowed', claims: [1] })
})

test('a client that brings the work of many claims none of it, and they go on writing', () => {
  const owners = new ClientOwners(limits)
  expect(judge(owners, 'ada', [1, 2, 3])).toEqual({ kind: 'allowed', claims: [] })
  expect(judge(owners, 'ada', [2], { refill: true })).toEqual({ kind: 'allowed', claims: [] })
  expect(judge(owners, 'bob', [2])).toEqual({ kind: 'allowed', claims: [2] })
  owners.settle([2], true)
  expect(judge(owners, 'ada', [1, 3], { refill: true })).toEqual({ kind: 'allowed', claims: [] })
})

test('what somebody announces is claimed by that subject alone, also in a refill', () => {
  const announcer = (clientId: number): string | undefined => ({ 1: 'ada', 2: 'bob' })[clientId]
  const owners = new ClientOwners(limits)
  expect(judge(owners, 'ada', [2], { announcer })).toEqual({ kind: 'allowed', claims: [] })
  expect(judge(owners, 'ada', [1, 2, 3], { announcer, refill: true })).toEqual({ kind: 'allowed', claims: [1] })
  expect(judge(owners, 'bob', [2], { announcer })).toEqual({ kind: 'allowed', claims: [2] })
})

test('a claim that was not stored is given up, unless another append still carries it', () => {
  const owners = new ClientOwners(limits)
  expect(judge(owners, 'ada', [1])).toEqual({ kind: 'allowed', claims: [1] })
  expect(judge(owners, 'bob', [1])).toEqual({ kind: 'foreign', clientId: 1, durable: false })
  expect(judge(owners, 'ada', [1]), 'carried again').toEqual({ kind: 'allowed', claims: [1] })
  owners.settle([1], false)
  expect(judge(owners, 'bob', [1])).toMatchObject({ kind: 'foreign' })
  owners.settle([1], false)
  expect(judge(owners, 'bob', [1])).toEqual({ kind: 'allowed', claims: [1] })
  owners.settle([1], true)
  expect(judge(owners, 'ada', [1])).toEqual({ kind: 'foreign', clientId: 1, durable: true })
})

test('a failure after a success takes nothing back', () => {
  const owners = new ClientOwners(limits)
  judge(owners, 'ada', [1])
  judge(owners, 'ada', [1])
  owners.settle([1], true)
  owners.settle([1], false)
  expect(judge(owners, 'bob', [1])).toEqual({ kind: 'foreign', clientId: 1, durable: true })
})

test('a room has so many owners and no more; the rest is nobody’s', () => {
  const owners = new ClientOwners({ clientOwnersMax: 1 })
  expect(judge(owners, 'ada', [1])).toEqual({ kind: 'allowed', claims: [1] })
  expect(judge(owners, 'ada', [2])).toEqual({ kind: 'allowed', claims: [] })
  expect(judge(owners, 'bob', [2])).toEqual({ kind: 'allowed', claims: [] })
})

test('whatever is pushed and whatever fails: an ID has one owner, and what the log was told is what is judged by', () => {
  const push = fc.record({
    subject: fc.constantFrom('ada', 'bob', undefined),
    clientIds: fc.uniqueArray(fc.nat(4), { maxLength: 3 }),
    refill: fc.boolean(),
  })
  const step = fc.oneof({ weight: 3, arbitrary: push }, { weight: 2, arbitrary: fc.record({ durable: fc.boolean() }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const owners = new ClientOwners(limits)
      // As a log keeps them: the first claim that is stored counts. Appends settle in the order they were made.
      const stored = new Map<number, string>()
      const appends: { subject: string | undefined; claims: readonly number[] }[] = []
      const settle = (durable: boolean): void => {
        const append = appends.shift()
        if (append === undefined) return
        for (const clientId of append.claims) {
          if (durable && !stored.has(clientId)) stored.set(clientId, append.subject!)
        }
        owners.settle(append.claims, durable)
      }
      for (const each of steps) {
        if ('durable' in each) {
          settle(each.durable)
          continue
        }
        const judged = owners.judge({ ...each, announcer: nobody })
        const foreign = each.clientIds.filter((id) => stored.has(id) && stored.get(id) !== each.subject)
        if (foreign.length > 0) expect(judged.kind).toBe('foreign')
        if (judged.kind === 'foreign') {
          expect(judged.durable).toBe(stored.has(judged.clientId))
          continue
        }
        appends.push({ subject: each.subject, claims: judged.claims })
      }
      while (appends.length > 0) settle(true)
      for (const [clientId, subject] of stored) {
        expect(judge(owners, subject, [clientId])).toEqual({ kind: 'allowed', claims: [] })
        expect(judge(owners, 'carol', [clientId])).toEqual({ kind: 'foreign', clientId, durable: true })
      }
      expect(owners.size).toBe(stored.size)
    }),
    { numRuns: 2000 },
  )
})
