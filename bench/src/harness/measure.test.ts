import { describe, expect, it } from 'vitest'
import { cpu } from './cpu-time.ts'
import { measure, type Contestant } from './measure.ts'
import { progressOn } from './progress.ts'
import { timed } from './timing.ts'

const context = { progress: progressOn({ write: () => {} }), signal: new AbortController().signal }
const metrics = [{ name: 'time', unit: 'ms', better: 'lower' }] as const

describe('measure', () => {
  it('asks every subject once a round, in an order that rotates', async () => {
    const asked: string[] = []
    const contestant = (subject: string): Contestant => ({
      subject,
      round: async (index) => {
        asked.push(`${subject}${index}`)
        return { time: index }
      },
    })
    const result = await measure('task', metrics, [contestant('a'), contestant('b')], 3, context)
    expect(asked).toEqual(['a0', 'b0', 'b1', 'a1', 'a2', 'b2'])
    expect(result.subjects.get('b')!.get('time')).toEqual([0, 1, 2])
  })

  it('gives an expensive subject fewer rounds and the others all of theirs', async () => {
    const contestants: Contestant[] = [
      { subject: 'slow', roundsMax: 1, round: async () => ({ time: 9 }) },
      { subject: 'fast', round: async () => ({ time: 1 }) },
    ]
    const { subjects } = await measure('task', metrics, contestants, 4, context)
    expect(subjects.get('slow')!.get('time')).toHaveLength(1)
    expect(subjects.get('fast')!.get('time')).toHaveLength(4)
  })
})

describe('CPU time', () => {
  it('is told beside wall time where contestants give it', async () => {
    const work = timed({ subject: 'w', run: () => 1, check: () => {} }, { warmUpMs: 1, sampleMs: 1, roundsMs: 50 })
    const result = await measure('task', metrics, [work], 2, context)
    expect(result.metrics).toEqual([...metrics, cpu])
    expect(result.subjects.get('w')!.get('CPU')).toHaveLength(2)
  })

  it('is not told beside a metric that the task does not have', async () => {
    const contestant: Contestant = { subject: 'a', round: async () => ({ size: 1, CPU: 2 }) }
    const sizes = [{ name: 'size', unit: 'bytes', better: 'lower' }] as const
    expect((await measure('task', sizes, [contestant], 1, context)).metrics).toEqual(sizes)
  })
})

describe('an interrupted run', () => {
  it('takes no further sample', async () => {
    const controller = new AbortController()
    let rounds = 0
    const contestant: Contestant = {
      subject: 'a',
      round: async () => {
        rounds++
        controller.abort()
        return { time: 1 }
      },
    }
    const interrupted = measure('task', metrics, [contestant], 5, { ...context, signal: controller.signal })
    await expect(interrupted).rejects.toThrow('aborted')
    expect(rounds).toBe(1)
  })

  it('hears of an interruption although the work never waits', async () => {
    const controller = new AbortController()
    setImmediate(() => controller.abort())
    const contestant: Contestant = { subject: 'a', round: async () => ({ time: 1 }) }
    const interrupted = measure('task', metrics, [contestant], 1000, { ...context, signal: controller.signal })
    await expect(interrupted).rejects.toThrow('aborted')
  })
})

describe('timed', () => {
  const limits = { warmUpMs: 1, sampleMs: 1, roundsMs: 50 }

  it('calls work that takes too long once, and takes that for its sample', async () => {
    let calls = 0
    const slow = { subject: 'slow', run: () => ++calls, check: () => {}, gauge: (output: number) => ({ output }) }
    const contestant = timed(slow, { ...limits, onceMs: -1 })
    const { time, output } = await contestant.round(0)
    expect([calls, contestant.roundsMax, output]).toEqual([1, 1, 1])
    expect(time).toBeGreaterThanOrEqual(0)
  })

  it('takes the first call of work that gets warm by itself for its first sample', async () => {
    let calls = 0
    const slow = { subject: 'slow', run: () => ++calls, check: () => {}, gauge: (output: number) => ({ output }) }
    const contestant = timed(slow, { warmUpMs: 0, sampleMs: 0, roundsMs: 50, firstCountsMs: -1 })
    const before = calls
    expect(await contestant.round(0)).toMatchObject({ output: 1 })
    expect(calls).toBe(before)
    expect(await contestant.round(1)).toMatchObject({ output: calls })
    expect(calls).toBeGreaterThan(before)
  })

  it('gives up every output but the last, each once', async () => {
    let calls = 0
    const disposed: number[] = []
    const work = {
      subject: 'a',
      run: () => ++calls,
      check: () => {},
      dispose: (output: number) => disposed.push(output),
    }
    const contestant = timed(work, limits)
    await contestant.round(0)
    await contestant.round(1)
    expect([...disposed].sort((a, b) => a - b)).toEqual(Array.from({ length: calls - 1 }, (_, index) => index + 1))
  })

  it('checks the output before it gives a number', () => {
    const check = () => {
      throw new Error('wrong result')
    }
    expect(() => timed({ subject: 'broken', run: () => 1, check }, limits)).toThrow('wrong result')
  })

  it('checks the output of every round too', async () => {
    let wrong = false
    const check = () => {
      if (wrong) throw new Error('wrong result')
    }
    const contestant = timed({ subject: 'flaky', run: () => 1, check }, limits)
    wrong = true
    await expect(contestant.round(0)).rejects.toThrow('wrong result')
  })

  it('tells the time of one call, and what the output measures', async () => {
    const work = { subject: 'w', run: () => new Uint8Array(12), check: () => {}, gauge: () => ({ bytes: 12 }) }
    const sample = await timed(work, limits).round(0)
    expect(sample['bytes']).toBe(12)
    expect(sample['time']).toBeGreaterThan(0)
  })

  it('tells the time of one part of a call that does many', async () => {
    // A call that outlasts the warm-up is called once to warm up and once to count: what is counted is known.
    const busyMs = 20
    const run = () => {
      const start = performance.now()
      while (performance.now() - start < busyMs);
    }
    const sample = await timed({ subject: 'w', run, check: () => {}, parts: 1e9 }, limits).round(0)
    expect(sample['time']! * 1e9).toBeGreaterThanOrEqual(busyMs)
    expect(sample['time']!).toBeLessThan(1)
  })
})
