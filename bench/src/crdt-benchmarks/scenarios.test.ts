import { describe, expect, it } from 'vitest'
import { contentOf } from '../subjects/content.ts'
import { importSubject, subjectNames } from '../subjects/subjects.ts'
import { generateConcurrentTrace } from '../workloads/concurrent-trace.ts'
import { generateTrace } from '../workloads/generated-trace.ts'
import { Scenarios } from './scenarios.ts'

const scenarios = new Scenarios(40, generateTrace(1, 300), () => generateConcurrentTrace(1, 300)).all

describe.each(subjectNames)('with %s', (name) => {
  it.each(scenarios)('$name ends alike everywhere, as it should', async (scenario) => {
    const subject = await importSubject(name)
    const { replicas, updateBytes } = scenario.prepare(subject)()
    const [first, ...others] = replicas.map(contentOf)
    expect(scenario.isRight(first!)).toBe(true)
    for (const other of others) expect(other).toEqual(first)
    expect(updateBytes).toBeGreaterThan(0)
  })
})

it('a library is asked for a piece of a scenario before it is asked for all of it', async () => {
  const large = new Scenarios(6000, generateTrace(1, 300), () => generateConcurrentTrace(1, 300))
  const place = scenarios.findIndex(({ name }) => name.startsWith('B1.4'))
  const told = large.effort(place, await importSubject('automerge'))
  expect(told!.exponent).toBeGreaterThanOrEqual(1)
  expect(large.effort(place, await importSubject('yjs'))).toBeUndefined()
})

it('a scenario knows a wrong end', () => {
  const nothing = { text: '', values: [], keys: { key: 'not of a client' }, records: {} }
  for (const scenario of scenarios) expect(scenario.isRight(nothing), scenario.name).toBe(false)
})
