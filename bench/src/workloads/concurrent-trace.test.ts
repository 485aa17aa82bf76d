import { describe, expect, it } from 'vitest'
import { firstEvents, generateConcurrentTrace, openConcurrentTrace, type ConcurrentTrace } from './concurrent-trace.ts'
import { concurrencyOf } from './trace-statistics.ts'

/** What each author knows before each of its events; its own events included. */
function knowledge({ events, authors }: ConcurrentTrace): number {
  const known = Array.from({ length: authors }, () => new Set<number>())
  let concurrent = 0
  events.forEach(({ author, receives }, index) => {
    for (const other of receives) {
      expect(other).toBeLessThan(index)
      expect(known[author]!.has(other)).toBe(false)
      known[author]!.add(other)
    }
    known[author]!.add(index)
    // Somebody else did something that this author did not know.
    if (known[author]!.size < index + 1) concurrent++
  })
  return concurrent
}

describe('a trace of several authors', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(generateConcurrentTrace(5, 500)).toEqual(generateConcurrentTrace(5, 500))
    expect(generateConcurrentTrace(5, 500)).not.toEqual(generateConcurrentTrace(6, 500))
  })

  it('tells every author of each event once, and some too late to have known it', () => {
    const trace = generateConcurrentTrace(1, 2000)
    expect(trace.events).toHaveLength(2000)
    const concurrent = knowledge(trace)
    expect(concurrent).toBeGreaterThan(50)
    expect(concurrent).toBeLessThan(1500)
  })

  it('resembles the recorded one', () => {
    const { deleting, apart, alone } = concurrencyOf(generateConcurrentTrace(1, 20_000))
    expect(deleting).toBeGreaterThan(0.05)
    expect(deleting).toBeLessThan(0.15)
    expect(apart).toBeGreaterThan(0.35)
    expect(apart).toBeLessThan(0.55)
    expect(alone.mean).toBeGreaterThan(6)
    expect(alone.mean).toBeLessThan(20)
  })

  it('has a start, whose end nobody knows', () => {
    const trace = generateConcurrentTrace(1, 100)
    expect(firstEvents(trace, 40)).toMatchObject({ authors: 2, events: trace.events.slice(0, 40), endLength: NaN })
    expect(firstEvents(trace, 100)).toBe(trace)
  })

  it('is as long as asked for, recorded or generated', () => {
    expect(openConcurrentTrace(100).events).toHaveLength(100)
  })
})
