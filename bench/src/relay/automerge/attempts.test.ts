import { describe, expect, it } from 'vitest'
import { OURS } from '../../harness/bench.ts'
import { AUTOMERGE } from '../servers/contenders.ts'
import { measureAttempts } from './attempts.ts'

const metrics = [{ name: 'time', unit: 'ms', better: 'lower' }] as const
const progress = { step: () => {}, detail: () => {}, end: () => {} }
const context = { progress, signal: new AbortController().signal }
const ours = { subject: OURS, round: async () => ({ time: 1 }) }
const failing = {
  subject: AUTOMERGE,
  round: async (index: number) => {
    if (index === 1) throw new Error('no answer')
    return { time: 2 }
  },
}

describe('measureAttempts', () => {
  it('has no number of who gave up, not even of the rounds before, and all of the others', async () => {
    const { subjects, notRun } = await measureAttempts('task', metrics, [ours, failing], 3, context)
    expect([...subjects.keys()]).toEqual([OURS])
    expect(subjects.get(OURS)?.get('time')).toEqual([1, 1, 1])
    expect(notRun?.get(AUTOMERGE)).toBe('gave up')
  })

  it('ends with the error of anybody else', async () => {
    const wrong = { ...failing, subject: OURS }
    await expect(measureAttempts('task', metrics, [wrong], 3, context)).rejects.toThrow('no answer')
  })
})
