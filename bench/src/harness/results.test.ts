import { describe, expect, it } from 'vitest'
import type { TaskResult } from './bench.ts'
import { jsonOf, ResultsError, runOf } from './results.ts'
import type { Run } from './run.ts'
import { result, run, runWith } from './run.fixture.ts'

const judged: TaskResult = {
  ...result,
  notRun: new Map([['slow peer', 'not run: quadratic']]),
  targets: [
    { metric: 'time', against: 'yjs', timesAtLeast: 8 },
    { metric: 'time', atMost: 1 },
  ],
  profile: [{ name: 'append', place: 'log.js:7', share: 0.25 }],
  point: { curve: 'load, by document size', axis: 'keystrokes', value: 1000 },
  elapsedMs: 1200,
}

interface Written {
  readonly benches: readonly {
    readonly tasks: readonly object[]
    readonly measurements: readonly Record<string, unknown>[]
    readonly notRun: readonly object[]
    readonly profiles: readonly object[]
  }[]
}

const written = (of: Run): Written => JSON.parse(JSON.stringify(jsonOf(of))) as Written

describe('the JSON', () => {
  it('keeps every sample beside its summary and ratio', () => {
    const { measurements } = written(run).benches[0]!
    expect(measurements).toHaveLength(6)
    expect(measurements[0]).toMatchObject({ subject: 'syncline', metric: 'time', median: 2, samples: [2, 2, 2] })
    expect(measurements[0]!['ratio']).toMatchObject({ median: 10, samples: 3 })
    expect(measurements[1]).not.toHaveProperty('ratio')
  })

  it('keeps verdicts, reasons and profiles', () => {
    const [bench] = written(runWith([judged])).benches
    const target = { metric: 'time', against: 'yjs', timesAtLeast: 8 }
    expect(bench!.measurements[0]!['targets']).toContainEqual({ target, text: '≥ 8× yjs', reached: 10, met: true })
    expect(bench!.notRun).toEqual([{ task: result.task, subject: 'slow peer', reason: 'not run: quadratic' }])
    expect(bench!.profiles).toEqual([{ task: result.task, functions: judged.profile }])
  })

  it('says which tasks are points of a growth curve', () => {
    expect(written(runWith([judged])).benches[0]!.tasks[0]).toMatchObject({ point: judged.point })
  })
})

describe('a run that was kept', () => {
  it('is read back as it was', () => {
    const { versions, ...environment } = run.environment
    const kept = runOf(JSON.stringify(jsonOf(runWith([judged, { ...result, task: 'another' }]))))
    expect(kept).toEqual({
      ...runWith([judged, { ...result, task: 'another' }]),
      environment: { ...environment, versions: { yjs: versions['yjs'] } },
    })
  })

  it('says still that it was interrupted, and before what', () => {
    const interrupted = { ...run, interrupted: ['relay', 'people'] }
    expect(runOf(JSON.stringify(jsonOf(interrupted))).interrupted).toEqual(['relay', 'people'])
  })

  it('keeps what nobody was able to do', () => {
    const nobody: TaskResult = { task: 'cold start', metrics: result.metrics, subjects: new Map() }
    expect(runOf(JSON.stringify(jsonOf(runWith([nobody])))).reports[0]!.results).toEqual([nobody])
  })

  it.each([
    ['', 'no JSON'],
    ['[]', 'no object'],
    ['{}', 'format undefined'],
    ['{"format":2}', 'format 2'],
    ['{"format":1}', 'startedAt'],
  ])('refuses %s', (text, message) => {
    expect(() => runOf(text)).toThrow(ResultsError)
    expect(() => runOf(text)).toThrow(message)
  })

  it('refuses samples that are no numbers', () => {
    const text = JSON.stringify(jsonOf(run)).replace('"samples":[2,2,2]', '"samples":[2,null,2]')
    expect(() => runOf(text)).toThrow('the samples of syncline are no list of numbers')
  })
})
