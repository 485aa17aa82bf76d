import { encodeAwareness } from '@syncline/protocol'
import { outdatedTimeout } from 'y-protocols/awareness'
import { beforeEach, describe, expect, test } from 'vitest'
import { ClientLimits } from '../limits.ts'
import { newDoc } from '../doc.fixture.ts'
import { ManualScheduler } from '../manual-scheduler.fixture.ts'
import { FROM_RELAY, Presence } from './presence.ts'

let scheduler: ManualScheduler
let one: Presence
let two: Presence

beforeEach(() => {
  scheduler = new ManualScheduler()
  one = new Presence(newDoc(), scheduler, (payload) => two.receive(payload, FROM_RELAY))
  two = new Presence(newDoc(), scheduler, (payload) => one.receive(payload, 'other tab'))
  return () => {
    one.close()
    two.close()
    expect(scheduler.pending).toBe(0)
  }
})

describe('presence', () => {
  test('shows each the state of the other', async () => {
    one.awareness.setLocalStateField('name', 'Ada')
    await scheduler.advance(0)
    expect(two.awareness.getStates().get(one.awareness.clientID)).toEqual({ name: 'Ada' })
  })

  test('is announced as news to somebody who thinks this replica gone', async () => {
    one.awareness.setLocalStateField('name', 'Ada')
    await scheduler.advance(0)
    two.forget(FROM_RELAY)
    expect(two.awareness.getStates().has(one.awareness.clientID)).toBe(false)
    one.announce()
    expect(two.awareness.getStates().get(one.awareness.clientID)).toEqual({ name: 'Ada' })
  })

  test('contradicts whoever says that this replica is gone', async () => {
    one.awareness.setLocalStateField('name', 'Ada')
    await scheduler.advance(0)
    const { clientID } = one.awareness
    const gone = encodeAwareness([{ clientID, clock: 1_000, state: null }])
    two.receive(gone, FROM_RELAY)
    one.receive(gone, FROM_RELAY)
    await scheduler.advance(ClientLimits.awarenessIntervalMs)
    expect(two.awareness.getStates().get(clientID)).toEqual({ name: 'Ada' })
  })

  test('forgets those behind the relay after a long silence, and no other tab', async () => {
    one.announce()
    two.announce()
    one.setLive(false)
    two.setLive(false)
    await scheduler.advance(ClientLimits.awarenessLostMs)
    expect(two.awareness.getStates().size).toBe(1)
    expect(one.awareness.getStates().size).toBe(2)
  })

  test('is renewed before others think it gone, and forgets who was silent for too long', async () => {
    one.announce()
    two.announce()
    await scheduler.advance(2 * outdatedTimeout)
    expect(two.awareness.getStates().size).toBe(2)
    const { clientID } = one.awareness
    one.close()
    two.receive(encodeAwareness([{ clientID, clock: 1_000, state: '{}' }]), FROM_RELAY)
    await scheduler.advance(outdatedTimeout - 1)
    expect(two.awareness.getStates().has(clientID)).toBe(true)
    await scheduler.advance(outdatedTimeout / 10)
    expect(two.awareness.getStates().has(clientID)).toBe(false)
    expect(two.awareness.getStates().has(two.awareness.clientID)).toBe(true)
  })

  test('says goodbye when it is closed', () => {
    one.announce()
    expect(two.awareness.getStates().has(one.awareness.clientID)).toBe(true)
    one.close()
    expect(two.awareness.getStates().has(one.awareness.clientID)).toBe(false)
  })
})
