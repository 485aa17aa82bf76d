import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextTabState, OWNER_UNANSWERED_MAX, type TabEffect, type TabEvent, type TabState } from './tabs-machine.ts'

const following: TabState = { type: 'following', ownerTab: 'other', unanswered: 0 }

describe('a tab that opens', () => {
  test('queues for the lock, asks for the owner', () => {
    const { state, effects } = run({ type: 'inert' }, { type: 'open' })
    expect(state).toEqual({ type: 'following', ownerTab: undefined, unanswered: 0 })
    expect(effects).toEqual([{ type: 'queue' }, { type: 'say', what: 'ask' }, { type: 'set-alarm' }])
  })

  test('owns the connection when the lock is granted, and tells the others', () => {
    const { state, effects } = run(following, { type: 'granted' })
    expect(state).toEqual({ type: 'owning' })
    expect(effects).toEqual([{ type: 'stop-alarm' }, { type: 'say', what: 'here' }, { type: 'owner', owner: true }])
  })

  test('owns the connection when the browser does no locks for it', () => {
    expect(run(following, { type: 'refused' }).state).toEqual({ type: 'owning' })
    expect(run({ type: 'stealing', from: 'other' }, { type: 'refused' }).state).toEqual({ type: 'owning' })
  })
})

describe('an owner', () => {
  test('answers who asks', () => {
    expect(run({ type: 'owning' }, { type: 'asked' }).effects).toEqual([{ type: 'say', what: 'here' }])
  })

  test('follows, and queues again, when the lock was stolen', () => {
    const { state, effects } = run({ type: 'owning' }, { type: 'lost' })
    expect(state).toEqual({ type: 'following', ownerTab: undefined, unanswered: 0 })
    expect(effects).toEqual([{ type: 'owner', owner: false }, { type: 'queue' }, { type: 'set-alarm' }])
  })

  test('tells its listeners before it lets the lock go', () => {
    const { state, effects } = run({ type: 'owning' }, { type: 'close' })
    expect(state).toEqual({ type: 'closed' })
    expect(effects).toEqual([{ type: 'owner', owner: false }, { type: 'stop-alarm' }, { type: 'release' }])
  })
})

describe('a follower', () => {
  const silence = Array.from({ length: OWNER_UNANSWERED_MAX }, (): TabEvent => ({ type: 'time-to-ask' }))

  test('asks again and again, and steals the lock when all its questions went unanswered', () => {
    const { state, effects } = run(following, ...silence)
    expect(state).toEqual({ type: 'stealing', from: 'other' })
    const asked = effects.filter((effect) => effect.type === 'say' && effect.what === 'ask')
    expect(asked).toHaveLength(OWNER_UNANSWERED_MAX - 1)
    expect(effects.at(-1)).toEqual({ type: 'steal' })
  })

  test('starts counting again with each answer', () => {
    const answered: readonly TabEvent[] = [...silence.slice(1), { type: 'here', tab: 'other' }, ...silence.slice(1)]
    const { state, effects } = run(following, ...answered)
    expect(state).toEqual({ type: 'following', ownerTab: 'other', unanswered: OWNER_UNANSWERED_MAX - 1 })
    expect(effects).not.toContainEqual({ type: 'steal' })
  })

  test('does not answer who asks', () => {
    expect(run(following, { type: 'asked' }).effects).toEqual([])
  })
})

describe('a thief', () => {
  test('tells that the tab that did not answer is gone', () => {
    const { state, effects } = run({ type: 'stealing', from: 'other' }, { type: 'granted' })
    expect(state).toEqual({ type: 'owning' })
    expect(effects).toContainEqual({ type: 'say', what: 'replaced', tab: 'other' })
    expect(effects).toContainEqual({ type: 'gone', tab: 'other' })
  })

  test('calls nobody gone when it never knew who the owner was', () => {
    const { effects } = run({ type: 'stealing', from: undefined }, { type: 'granted' })
    expect(effects.map(({ type }) => type)).toEqual(['stop-alarm', 'say', 'owner'])
  })

  test('queues again when another thief was faster', () => {
    const { state, effects } = run({ type: 'stealing', from: 'other' }, { type: 'lost' })
    expect(state.type).toBe('following')
    expect(effects).toContainEqual({ type: 'queue' })
  })
})

test('in any order of events: listeners hear changes alone, closed is for ever, and every lock asked for is let go', () => {
  const event = fc.oneof(
    fc
      .constantFrom<TabEvent['type']>('open', 'granted', 'lost', 'refused', 'time-to-ask', 'asked', 'close')
      .map((type) => ({ type }) as TabEvent),
    fc.constant<TabEvent>({ type: 'here', tab: 'other' }),
  )
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      const { state, effects } = run({ type: 'inert' }, ...events, { type: 'close' })
      expect(state).toEqual({ type: 'closed' })
      const told = effects.flatMap((effect) => (effect.type === 'owner' ? [effect.owner] : []))
      expect(told).toEqual(told.map((_, index) => index % 2 === 0))
      expect(told.length % 2).toBe(0)
      const last = (...types: TabEffect['type'][]): number => effects.findLastIndex(({ type }) => types.includes(type))
      expect(last('release')).toBeGreaterThanOrEqual(last('queue', 'steal'))
      expect(last('stop-alarm')).toBeGreaterThanOrEqual(last('set-alarm'))
      const closedAt = events.findIndex(({ type }) => type === 'close')
      if (closedAt !== -1) expect(run({ type: 'inert' }, ...events.slice(0, closedAt + 1)).effects).toEqual(effects)
    }),
  )
})

function run(from: TabState, ...events: readonly TabEvent[]): { state: TabState; effects: readonly TabEffect[] } {
  let state = from
  const effects: TabEffect[] = []
  for (const event of events) {
    const next = nextTabState(state, event)
    state = next.state
    effects.push(...next.effects)
  }
  return { state, effects }
}
