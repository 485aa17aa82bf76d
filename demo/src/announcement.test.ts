import { describe, expect, it } from 'vitest'
import { announcement } from './announcement.ts'
import type { ConnectionView, StatusView } from './status-view.ts'

const open: ConnectionView = { state: 'open', text: 'Connected', reason: undefined, staleAfterMs: undefined }
const off: ConnectionView = { state: 'off', text: 'Switched off', reason: undefined, staleAfterMs: undefined }
const view: StatusView = {
  steps: [],
  headline: '',
  tone: 'calm',
  pending: 0,
  connection: open,
  details: [],
  problem: undefined,
  rejected: 0,
}

describe('a screen reader', () => {
  it('is told nothing while somebody types', () => {
    expect(announcement(view, { ...view, pending: 1, headline: 'On the way to the relay' })).toBeUndefined()
    expect(announcement({ ...view, pending: 1 }, view)).toBeUndefined()
  })

  it('is told when the connection goes and comes, with what waits', () => {
    expect(announcement(view, { ...view, connection: off })).toBe('Disconnected: Switched off.')
    expect(announcement({ ...view, connection: off }, view)).toBe('Connected.')
    expect(announcement({ ...view, connection: off }, { ...view, pending: 1 })).toBe('Connected. Sending 1 edit.')
  })

  it('is told of a problem once, also when the page opens with it', () => {
    const problem = { ...view, problem: 'The storage of this device is full.' }
    expect(announcement(undefined, problem)).toBe(problem.problem)
    expect(announcement(view, problem)).toBe(problem.problem)
    expect(announcement(problem, { ...problem, pending: 2 })).toBeUndefined()
  })

  it('is told nothing of a page that opens well', () => {
    expect(announcement(undefined, view)).toBeUndefined()
  })
})
