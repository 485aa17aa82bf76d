import { decodeAwareness, ProtocolLimits, type AwarenessEntry } from '@syncline/protocol'
import { describe, expect, test } from 'vitest'
import { ClientLimits } from '../limits.ts'
import { PresentStates } from './present-states.ts'

function entry(clientID: number, clock: number, state: string | null = '{}'): AwarenessEntry {
  return { clientID, clock, state }
}

function everybody(states: PresentStates): readonly AwarenessEntry[] {
  return states.encode().flatMap((payload) => decodeAwareness(payload))
}

describe('the states of a room', () => {
  test('are the latest of each replica that is there', () => {
    const states = new PresentStates()
    states.add([entry(1, 1), entry(2, 1)])
    states.add([entry(1, 2, '{"name":"Ada"}'), entry(2, 2, null)])
    expect(everybody(states)).toEqual([entry(1, 2, '{"name":"Ada"}')])
    states.clear()
    expect(states.encode()).toEqual([])
  })

  test('are told in parts that every tab can decode', () => {
    const states = new PresentStates()
    for (let clientID = 0; clientID <= ProtocolLimits.awarenessEntriesMax; clientID += 1)
      states.add([entry(clientID, 1)])
    expect(states.encode()).toHaveLength(2)
    expect(everybody(states)).toHaveLength(ProtocolLimits.awarenessEntriesMax + 1)
  })

  test('are bounded: who was silent for longest is forgotten', () => {
    const states = new PresentStates()
    for (let clientID = 0; clientID < ClientLimits.presentStatesMax; clientID += 1) states.add([entry(clientID, 1)])
    states.add([entry(0, 2)])
    states.add([entry(ClientLimits.presentStatesMax, 1)])
    const present = new Set(everybody(states).map(({ clientID }) => clientID))
    expect([present.size, present.has(0), present.has(1)]).toEqual([ClientLimits.presentStatesMax, true, false])
  })
})
