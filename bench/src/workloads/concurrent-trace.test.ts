import { describe, expect, it } from 'vitest'
import { generateConcurrentTrace, openConcurrentTrace, type ConcurrentTrace } from './concurrent-trace.ts'

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

  it('is as long as asked for, recorded or generated', () => {
    expect(openConcurrentTrace(100).events).toHaveLength(100)
  })
})
