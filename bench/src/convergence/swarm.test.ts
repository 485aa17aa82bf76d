import { describe, expect, it } from 'vitest'
import { CheckFailed } from '../harness/bench.ts'
import { core, yjs, type Merger } from './merger.ts'
import { mixed, mixedWithYjs14, oursAlone, yjsAlone, type Mix } from './mix.ts'
import type { Participant } from './participant.ts'
import { runCase } from './swarm.ts'

const shape = { replicas: 4, edits: 60 }

describe('a convergence case', () => {
  it.each([oursAlone, yjsAlone, mixed, mixedWithYjs14])('ends with all identical: $subject', (mix) => {
    for (let seed = 0; seed < 5; seed++) {
      const { rounds, delivered } = runCase(seed, shape, mix, '')
      expect(rounds).toBeGreaterThan(0)
      expect(delivered).toBeGreaterThan(0)
    }
  })

  it('is the same case for the same seed', () => {
    const cost = (seed: number, mix: Mix) => {
      const { rounds, delivered } = runCase(seed, shape, mix, '')
      return [rounds, delivered]
    }
    expect(cost(7, oursAlone)).toEqual(cost(7, oursAlone))
    expect(cost(7, oursAlone)).not.toEqual(cost(8, oursAlone))
  })

  it('fails, with the command that replays it, when a participant never learns something', () => {
    const deaf = (participant: Participant): Participant => ({ ...participant, apply() {} })
    const mix: Mix = { ...yjsAlone, listener: (clientId) => deaf(yjsAlone.listener(clientId)) }
    const run = () => runCase(1, shape, mix, 'npm run bench -- --seed 1')
    expect(run).toThrow(CheckFailed)
    expect(run).toThrow(expect.objectContaining({ replay: 'npm run bench -- --seed 1' }))
    expect(run).toThrow('participant 4, yjs, has other clocks')
  })

  it('fails when a participant shows something else', () => {
    const liar = (participant: Participant): Participant => ({ ...participant, content: () => 'nothing' })
    const mix: Mix = { ...yjsAlone, listener: (clientId) => liar(yjsAlone.listener(clientId)) }
    expect(() => runCase(1, shape, mix, '')).toThrow('has other content')
  })

  it('fails when an answer leaves out what was asked for', () => {
    const stingy = (participant: Participant): Participant => ({ ...participant, diff: () => new Uint8Array([0, 0]) })
    const mix: Mix = {
      ...oursAlone,
      editors: [(clientId) => stingy(oursAlone.editors[0](clientId))],
      listener: (clientId) => stingy(oursAlone.listener(clientId)),
    }
    expect(() => runCase(1, shape, mix, '')).toThrow(CheckFailed)
  })

  it('survives a merger that forgets: what it lost is asked for', () => {
    const forgetful: Merger = {
      ...core,
      merge: (updates) => (updates.length > 1 ? core : yjs).merge(updates.slice(-1)),
    }
    expect(runCase(1, shape, { ...oursAlone, merger: () => forgetful }, '').rounds).toBeGreaterThan(0)
  })
})
