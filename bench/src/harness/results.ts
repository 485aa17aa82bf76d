/**
 * A run as JSON, and back: what `--json` and the report's folder keep, and what `--from` and `--against` read. The JSON keeps every sample, so that a
 * plot, a guard or a reader need not trust our summary; medians, ratios and verdicts stand beside them for programs that only look.
 */
import { OURS, type Metric, type Point, type Role, type TaskResult, type Unit } from './bench.ts'
import type { Environment } from './environment.ts'
import type { HotFunction } from './profile.ts'
import type { BenchReport, Run } from './run.ts'
import { summarise } from './statistics.ts'
import { ratio } from './table.ts'
import { judge, type Target } from './target.ts'

/** Rises when a reader of the old form could misunderstand the new one. */
export const REPORT_FORMAT = 1

/** The text is not a run of this bench, or one of a later form. Says where it is wrong. */
export class ResultsError extends Error {
  override readonly name = 'ResultsError'
}

/** The run as a value for `JSON.stringify`: every sample, its summary, and the ratio of every subject to the baseline. */
export function jsonOf({ environment: on, reports, startedAt, elapsedMs, ...how }: Run): object {
  return {
    format: REPORT_FORMAT,
    startedAt: startedAt.toISOString(),
    elapsedMs: Math.round(elapsedMs),
    scale: how.scale,
    fullCounts: how.fullCounts,
    seed: how.seed,
    command: how.command,
    interrupted: how.interrupted,
    environment: on,
    benches: reports.map(({ bench, workload, results }) => ({
      name: bench.name,
      question: bench.question,
      workload,
      metric: bench.metric,
      baseline: bench.baseline,
      roles: bench.roles,
      tasks: results.map(({ task, metrics, point, targets, elapsedMs: taskMs }) => ({
        task,
        metrics,
        point,
        targets,
        elapsedMs: taskMs === undefined ? undefined : Math.round(taskMs),
      })),
      measurements: results.flatMap((result) => measurementsOf(bench.baseline, result)),
      notRun: results.flatMap(({ task, notRun = new Map<string, string>() }) =>
        [...notRun].map(([subject, reason]) => ({ task, subject, reason })),
      ),
      profiles: results.flatMap(({ task, profile }) => (profile === undefined ? [] : [{ task, functions: profile }])),
    })),
  }
}

function measurementsOf(baseline: string, result: TaskResult): object[] {
  return result.metrics.flatMap((metric) =>
    [...result.subjects].flatMap(([subject, samples]) => {
      const list = samples.get(metric.name)
      if (list === undefined) return []
      const { median, low, high } = summarise(list)
      return {
        task: result.task,
        subject,
        metric: metric.name,
        unit: metric.unit,
        better: metric.better,
        median,
        low,
        high,
        samples: list,
        ratio: subject === baseline ? undefined : ratio(result, metric, subject, baseline),
        targets: subject === OURS ? judge(result, metric) : undefined,
      }
    }),
  )
}

/** The run that `jsonOf` wrote as `text`. Summaries in it are not believed but made anew from the samples. Throws {@link ResultsError}. */
export function runOf(text: string): Run {
  const value = fieldsOf(parsed(text), 'the file')
  if (value['format'] !== REPORT_FORMAT) {
    throw new ResultsError(`the file has format ${String(value['format'])}, and this bench reads ${REPORT_FORMAT}`)
  }
  const startedAt = new Date(stringAt(value, 'startedAt'))
  if (Number.isNaN(startedAt.getTime())) throw new ResultsError('startedAt is no time')
  return {
    startedAt,
    elapsedMs: numberAt(value, 'elapsedMs'),
    scale: oneOf(value, 'scale', scales),
    fullCounts: value['fullCounts'] === true,
    seed: numberAt(value, 'seed'),
    command: stringAt(value, 'command'),
    environment: environmentOf(fieldsOf(value['environment'], 'environment')),
    reports: listAt(value, 'benches').map(reportOf),
    ...(value['interrupted'] === undefined ? {} : { interrupted: namesAt(value, 'interrupted') }),
  }
}

type Fields = Readonly<Record<string, unknown>>

const scales = ['quick', 'full'] as const
const units = ['ms', 'bytes', 'per second', 'count', 'times'] as const satisfies readonly Unit[]
const directions = ['lower', 'higher', 'none'] as const satisfies readonly Metric['better'][]
const roles = ['peer', 'limit', 'yardstick', 'ours'] as const satisfies readonly Role[]

function environmentOf(value: Fields): Environment {
  const commit = value['commit'] === undefined ? undefined : fieldsOf(value['commit'], 'commit')
  return {
    cpu: stringAt(value, 'cpu'),
    cores: numberAt(value, 'cores'),
    memoryBytes: numberAt(value, 'memoryBytes'),
    load: numberAt(value, 'load'),
    system: stringAt(value, 'system'),
    node: stringAt(value, 'node'),
    v8: stringAt(value, 'v8'),
    versions: Object.fromEntries(
      Object.entries(fieldsOf(value['versions'], 'versions')).map(([name, version]) => [name, String(version)]),
    ),
    temporaryFilesInMemory: value['temporaryFilesInMemory'] === true,
    commit: commit && { hash: stringAt(commit, 'hash'), modified: commit['modified'] === true },
  }
}

function reportOf(value: Fields): BenchReport {
  return {
    bench: {
      name: stringAt(value, 'name'),
      question: stringAt(value, 'question'),
      metric: stringAt(value, 'metric'),
      baseline: stringAt(value, 'baseline'),
      ...(value['roles'] === undefined ? {} : { roles: rolesOf(fieldsOf(value['roles'], 'roles')) }),
    },
    workload: stringAt(value, 'workload'),
    results: listAt(value, 'tasks').map((fields) => resultOf(fields, value)),
  }
}

function resultOf(fields: Fields, bench: Fields): TaskResult {
  const task = stringAt(fields, 'task')
  const ofTask = (list: string): Fields[] => listAt(bench, list).filter((entry) => entry['task'] === task)
  const notRun = ofTask('notRun').map((entry): [string, string] => [
    stringAt(entry, 'subject'),
    stringAt(entry, 'reason'),
  ])
  const [profile] = ofTask('profiles')
  return {
    task,
    metrics: listAt(fields, 'metrics').map(metricOf),
    subjects: subjectsOf(ofTask('measurements')),
    ...(notRun.length === 0 ? {} : { notRun: new Map(notRun) }),
    ...(fields['targets'] === undefined ? {} : { targets: listAt(fields, 'targets').map(targetOf) }),
    ...(profile === undefined ? {} : { profile: listAt(profile, 'functions').map(functionOf) }),
    ...(fields['point'] === undefined ? {} : { point: pointOf(fieldsOf(fields['point'], 'point')) }),
    ...(fields['elapsedMs'] === undefined ? {} : { elapsedMs: numberAt(fields, 'elapsedMs') }),
  }
}

function metricOf(fields: Fields): Metric {
  return {
    name: stringAt(fields, 'name'),
    unit: oneOf(fields, 'unit', units),
    better: oneOf(fields, 'better', directions),
    ...(fields['varies'] === true ? { varies: true } : {}),
    ...(fields['beside'] === undefined ? {} : { beside: stringAt(fields, 'beside') }),
  }
}

/** By subject and metric, in the order of the measurements: that of the table's columns. */
function subjectsOf(measurements: readonly Fields[]): Map<string, Map<string, readonly number[]>> {
  const subjects = new Map<string, Map<string, readonly number[]>>()
  for (const fields of measurements) {
    const subject = stringAt(fields, 'subject')
    const samples = fields['samples']
    if (!Array.isArray(samples) || samples.length === 0 || !samples.every(Number.isFinite)) {
      throw new ResultsError(`the samples of ${subject} are no list of numbers`)
    }
    if (!subjects.has(subject)) subjects.set(subject, new Map())
    subjects.get(subject)!.set(stringAt(fields, 'metric'), samples as number[])
  }
  return subjects
}

function targetOf(fields: Fields): Target {
  const metric = stringAt(fields, 'metric')
  return fields['against'] === undefined
    ? { metric, atMost: numberAt(fields, 'atMost') }
    : { metric, against: stringAt(fields, 'against'), timesAtLeast: numberAt(fields, 'timesAtLeast') }
}

function functionOf(fields: Fields): HotFunction {
  return { name: stringAt(fields, 'name'), place: stringAt(fields, 'place'), share: numberAt(fields, 'share') }
}

function pointOf(fields: Fields): Point {
  return { curve: stringAt(fields, 'curve'), axis: stringAt(fields, 'axis'), value: numberAt(fields, 'value') }
}

function rolesOf(fields: Fields): Record<string, Role> {
  return Object.fromEntries(Object.keys(fields).map((subject) => [subject, oneOf(fields, subject, roles)]))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch (error) {
    throw new ResultsError('the file is no JSON', { cause: error })
  }
}

function fieldsOf(value: unknown, name: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw new ResultsError(`${name} is no object`)
}

function listAt(fields: Fields, name: string): Fields[] {
  const value = fields[name]
  if (!Array.isArray(value)) throw new ResultsError(`${name} is no list`)
  return value.map((item) => fieldsOf(item, `an entry of ${name}`))
}

function namesAt(fields: Fields, name: string): string[] {
  const value = fields[name]
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value
  throw new ResultsError(`${name} is no list of names`)
}

function stringAt(fields: Fields, name: string): string {
  const value = fields[name]
  if (typeof value === 'string') return value
  throw new ResultsError(`${name} is no text`)
}

function numberAt(fields: Fields, name: string): number {
  const value = fields[name]
  if (typeof value === 'number') return value
  throw new ResultsError(`${name} is no number`)
}

function oneOf<Choice extends string>(fields: Fields, name: string, choices: readonly Choice[]): Choice {
  const value = fields[name]
  const choice = choices.find((candidate) => candidate === value)
  if (choice === undefined) throw new ResultsError(`${name} is ${String(value)}, not one of ${choices.join(', ')}`)
  return choice
}
