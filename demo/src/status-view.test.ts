import { SynclineError, type RoomStatus } from 'syncline'
import { describe, expect, it } from 'vitest'
import { statusView, type StatusContext, type StepState } from './status-view.ts'

const calm: RoomStatus = {
  room: 'notes',
  state: 'open',
  connection: { state: 'open' },
  sync: 'live',
  latestEdit: 'relay',
  unstored: 0,
  unsent: 0,
  unacked: 0,
  lastAckedAt: 60_000,
  lastError: undefined,
  access: 'write',
  store: { state: 'durable' },
  rejected: 0,
  conflict: undefined,
}

const context: StatusContext = { now: 100_000, offlineByChoice: false, formatTime: (at) => `at ${at}` }
const full = new SynclineError('store-full', 'QuotaExceededError')
const lost = new SynclineError('connection-lost', '1006')

function steps(status: Partial<RoomStatus>): readonly StepState[] {
  return statusView({ ...calm, ...status }, context).steps.map(({ state }) => state)
}

function headline(status: Partial<RoomStatus>): string {
  return statusView({ ...calm, ...status }, context).headline
}

describe('the steps of the latest edit', () => {
  it('are idle before the first edit', () => {
    expect(steps({ latestEdit: undefined })).toEqual(['idle', 'idle', 'idle'])
  })

  it('are reached one after the other', () => {
    expect(steps({ latestEdit: 'memory', unacked: 1 })).toEqual(['reached', 'pending', 'pending'])
    expect(steps({ latestEdit: 'device', unacked: 1 })).toEqual(['reached', 'reached', 'pending'])
    expect(steps({ latestEdit: 'relay' })).toEqual(['reached', 'reached', 'reached'])
  })

  it('never claim a device that stores nothing, not even for an edit at the relay', () => {
    const store = { state: 'memory-only', error: full } as const
    expect(steps({ latestEdit: 'memory', store, unacked: 1 })).toEqual(['reached', 'unreachable', 'pending'])
    expect(steps({ latestEdit: 'relay', store })).toEqual(['reached', 'unreachable', 'reached'])
  })

  it('show an edit that was stored before the device failed', () => {
    const store = { state: 'memory-only', error: full } as const
    expect(steps({ latestEdit: 'device', store, unacked: 1 })).toEqual(['reached', 'reached', 'pending'])
  })

  it('promise no relay for an edit that it refused, or when it lets nobody in', () => {
    expect(steps({ latestEdit: 'device', rejected: 1 })).toEqual(['reached', 'reached', 'unreachable'])
    expect(steps({ latestEdit: 'device', unacked: 1, sync: 'refused' })).toEqual(['reached', 'reached', 'unreachable'])
  })

  it('say that the relay takes nothing from a member who may only read', () => {
    expect(steps({ latestEdit: 'device', unacked: 1, access: 'read' })).toEqual(['reached', 'reached', 'unreachable'])
  })
})

describe('the headline', () => {
  it('says that all is well', () => {
    expect(headline({})).toBe('Everything is at the relay')
  })

  it('says safe on this device offline only once all is stored there', () => {
    const waiting = { connection: { state: 'idle' }, unacked: 3 } as const
    expect(headline({ ...waiting, latestEdit: 'memory', unstored: 1 })).toBe('On the way to this device')
    expect(headline({ ...waiting, latestEdit: 'device' })).toBe('Safe on this device')
  })

  it('asks to keep the page open when memory is all there is', () => {
    const view = statusView({ ...calm, unacked: 1, store: { state: 'memory-only', error: full } }, context)
    expect(view.headline).toBe('Keep this page open')
    expect(view.tone).toBe('problem')
    expect(view.problem).toContain('The storage of this device is full.')
  })

  it('tells of refused edits before everything else', () => {
    expect(headline({ rejected: 1, store: { state: 'memory-only', error: full } })).toBe('The relay refused 1 edit')
    expect(headline({ rejected: 2 })).toBe('The relay refused 2 edits')
  })
})

describe('the connection', () => {
  it('counts down to the next try, and says when the count is out of date', () => {
    const at = (now: number): unknown => {
      const connection = { state: 'waiting', attempt: 2, until: 103_400, error: lost } as const
      const { text, staleAfterMs } = statusView({ ...calm, connection }, { ...context, now }).connection
      return { text, staleAfterMs }
    }
    expect(at(100_000)).toEqual({ text: 'No relay, next try in 4 s', staleAfterMs: 400 })
    expect(at(100_400)).toEqual({ text: 'No relay, next try in 3 s', staleAfterMs: 1_000 })
    expect(at(103_400)).toEqual({ text: 'No relay, trying again', staleAfterMs: undefined })
  })

  it('says whether it was switched off', () => {
    const text = (offlineByChoice: boolean): string =>
      statusView({ ...calm, connection: { state: 'idle' } }, { ...context, offlineByChoice }).connection.text
    expect(text(true)).toBe('Switched off')
    expect(text(false)).toBe('Not connected')
  })

  it('is the one place where its error is told', () => {
    const connection = { state: 'waiting', attempt: 1, until: 101_000, error: lost } as const
    const view = statusView({ ...calm, connection, lastError: lost }, context)
    expect(view.connection.reason).toContain('cannot be reached')
    expect(view.problem).toBeUndefined()
  })

  it('gives the reason when it stopped', () => {
    const error = new SynclineError('unsupported-version', 'no common version')
    const { connection, tone } = statusView({ ...calm, connection: { state: 'closed', error } }, context)
    expect(connection).toMatchObject({
      state: 'stopped',
      reason: 'The relay speaks another version. Load this page again.',
    })
    expect(tone).toBe('problem')
  })

  it('gives the words of an error whose code is unknown here', () => {
    const error = new SynclineError('from-the-future' as SynclineError['code'], 'something new')
    expect(statusView({ ...calm, connection: { state: 'closed', error } }, context).connection.reason).toBe(
      'something new',
    )
  })
})

it('counts as pending what is not durable at the relay', () => {
  expect(statusView({ ...calm, unstored: 1, unsent: 2, unacked: 3 }, context).pending).toBe(3)
})
