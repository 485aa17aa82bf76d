import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { steady, systemScheduler } from './scheduler.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

describe('the platform as a scheduler', () => {
  test.each([0, 1_000, 2 ** 31 - 1, 2 ** 31, 3 * 2 ** 31])('runs a task after %d ms, and not before', (delayMs) => {
    const task = vi.fn()
    systemScheduler.after(delayMs, task)
    if (delayMs > 0) vi.advanceTimersByTime(delayMs - 1)
    expect(task).toHaveBeenCalledTimes(0)
    vi.advanceTimersByTime(1)
    expect(task).toHaveBeenCalledTimes(1)
  })

  test('forgets a task that is given up, however far it has come', () => {
    const task = vi.fn()
    const undo = systemScheduler.after(2 ** 32, task)
    vi.advanceTimersByTime(2 ** 31 + 1)
    undo()
    vi.advanceTimersByTime(2 ** 32)
    expect(task).toHaveBeenCalledTimes(0)
  })
})

test('a clock that is set back goes on from where it was', () => {
  const shown = [100, 150, 90, 95, 500, 400, 410]
  const now = steady(() => shown.shift()!)
  expect(Array.from({ length: 7 }, () => now())).toEqual([100, 150, 150, 155, 560, 560, 570])
})
