import { describe, expect, it } from 'vitest'
import { CheckFailed } from '../harness/bench.ts'
import { core, yjs, type Merger } from './merger.ts'
import { runCase } from './swarm.ts'

const shape = { replicas: 4, edits: 60 }

describe('a convergence case', () => {
  it.each([core, yjs])('converges with the merges of $subject', (merger) => {
    for (let seed = 0; seed < 5; seed++) expect(runCase(seed, shape, merger, '').delivered).toBeGreaterThan(0)
  })

  it('is the same case for the same seed, whoever merges', () => {
    const bytes = (seed: number) => {
      const { delivered, log } = runCase(seed, shape, core, '')
      return [delivered, log]
    }
    expect(bytes(7)).toEqual(bytes(7))
    expect(bytes(7)).not.toEqual(bytes(8))
  })

  it('fails, with the command that replays it, when a merge forgets an update', () => {
    const forgetful: Merger = { ...core, merge: (updates) => core.merge(updates.slice(1)) }
    const run = () => runCase(1, shape, forgetful, 'npm run bench -- --seed 1')
    expect(run).toThrow(CheckFailed)
    expect(run).toThrow(expect.objectContaining({ replay: 'npm run bench -- --seed 1' }))
  })

  it('fails when a diff leaves out what the replica lacks', () => {
    const stingy: Merger = { ...core, diff: () => new Uint8Array([0, 0]) }
    expect(() => runCase(1, shape, stingy, '')).toThrow(CheckFailed)
  })

  it('fails when merging the same updates again gives other bytes', () => {
    let calls = 0
    // Both are right, but Yjs does not join runs.
    const moody: Merger = { ...core, merge: (updates) => (calls++ % 2 === 0 ? core : yjs).merge(updates) }
    expect(() => runCase(1, shape, moody, '')).toThrow('is other bytes')
  })
})
