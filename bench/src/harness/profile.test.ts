import { describe, expect, it } from 'vitest'
import { hotFunctions, profile } from './profile.ts'

const node = (functionName: string, url: string, lineNumber: number, hitCount: number) => ({
  id: 1,
  callFrame: { functionName, url, lineNumber, columnNumber: 0, scriptId: '1' },
  hitCount,
})

describe('the hot functions of a profile', () => {
  it('sum what every path to a function found, the hottest first', () => {
    const nodes = [
      node('(root)', '', -1, 0),
      node('scan', 'file:///somewhere/scan.js', 9, 10),
      node('append', 'file:///somewhere/log.js', 4, 50),
      node('scan', 'file:///somewhere/scan.js', 9, 20),
      node('', 'file:///somewhere/log.js', 0, 20),
    ]
    expect(hotFunctions({ nodes })).toEqual([
      { name: 'append', place: 'log.js:5', share: 0.5 },
      { name: 'scan', place: 'scan.js:10', share: 0.3 },
      { name: '(anonymous)', place: 'log.js:1', share: 0.2 },
    ])
  })

  it('are found by calling the work under the profiler', async () => {
    let calls = 0
    const hot = await profile(() => {
      calls++
      const start = performance.now()
      while (performance.now() - start < 5);
    }, 50)
    expect(calls).toBeGreaterThan(0)
    expect(hot.length).toBeGreaterThan(0)
    expect(hot.reduce((sum, { share }) => sum + share, 0)).toBeLessThanOrEqual(1 + 1e-9)
  })
})
