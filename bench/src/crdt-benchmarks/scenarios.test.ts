import { describe, expect, it } from 'vitest'
import { contentOf } from '../subjects/content.ts'
import { importSubject, subjectNames } from '../subjects/subjects.ts'
import { generateConcurrentTrace } from '../workloads/concurrent-trace.ts'
import { authors } from './authors.ts'
import { manyWriters } from './many-writers.ts'
import { oneWriter } from './one-writer.ts'
import { twoWriters } from './two-writers.ts'

const scenarios = [...oneWriter(40), ...twoWriters(40), ...manyWriters(4), authors(generateConcurrentTrace(1, 300))]

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

it('a scenario knows a wrong end', () => {
  const nothing = { text: '', values: [], keys: { key: 'not of a client' }, records: {} }
  for (const scenario of scenarios) expect(scenario.isRight(nothing), scenario.name).toBe(false)
})
