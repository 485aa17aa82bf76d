/** The scenarios B1 to B4 of the public collection dmonad/crdt-benchmarks, made anew from their description, and a trace of several authors. */
import { OURS, check, type Bench, type Metric } from '../harness/bench.ts'
import { grouped } from '../harness/format.ts'
import { measure, type Contestant } from '../harness/measure.ts'
import { profile } from '../harness/profile.ts'
import { exactly, roundsFor, type Rounds, type Sizes } from '../harness/rounds.ts'
import { timed, type TimingLimits } from '../harness/timing.ts'
import { YJS, mayBeRefused, size, time, type Scale } from '../replica/row.ts'
import { askedFor, askedSubjects } from '../replica/asked-subjects.ts'
import { contentOf, isSameContent } from '../subjects/content.ts'
import type { Subject } from '../subjects/subject.ts'
import { openConcurrentTrace } from '../workloads/concurrent-trace.ts'
import type { Outcome, Scenario } from './scenario.ts'
import { Scenarios } from './scenarios.ts'

const N: Readonly<Record<Scale, number>> = { full: 6000, quick: 100 }
/** What resembles others, and a quick run does without. */
const NOT_QUICK: ReadonlySet<string> = new Set(['B1.2', 'B1.5', 'B1.8', 'B1.10', 'B2.1', 'B2.3', 'B3.2', 'B3.3'])
/** Of the trace of several authors. */
const EVENTS: Readonly<Record<Scale, number>> = { full: Infinity, quick: 250 }
const ROUNDS: Sizes<Rounds> = {
  quick: exactly(2),
  normal: exactly(3),
  full: { least: 3, most: 9, withinMs: 10_000 },
}
const PROFILE_MS: Readonly<Record<Scale, number>> = { full: 1500, quick: 200 }

/** Of us, and of whom we are compared with. Their first calls are mostly code that is not compiled yet. */
const TIMING: Readonly<Record<Scale, TimingLimits>> = {
  full: { warmUpMs: 250, sampleMs: 30, roundsMs: 400, onceMs: 1500 },
  quick: { warmUpMs: 10, sampleMs: 3, roundsMs: 20, onceMs: 150 },
}

const TIMING_OF_OTHERS: Readonly<Record<Scale, TimingLimits>> = {
  full: { warmUpMs: 100, sampleMs: 10, roundsMs: 400, onceMs: 150 },
  quick: { warmUpMs: 10, sampleMs: 3, roundsMs: 20, onceMs: 25 },
}

/** Of encoding and loading what a scenario made: documents of some kilobytes. */
const STATE_TIMING: Readonly<Record<Scale, TimingLimits>> = {
  full: { warmUpMs: 200, sampleMs: 5, roundsMs: 60 },
  quick: { warmUpMs: 2, sampleMs: 0.5, roundsMs: 5 },
}

const STATE_TIMING_OF_OTHERS: Readonly<Record<Scale, TimingLimits>> = {
  ...STATE_TIMING,
  full: { ...STATE_TIMING.full, warmUpMs: 30 },
}

const updates: Metric = { name: 'updates', unit: 'bytes', better: 'lower' }
const encode: Metric = { name: 'encode', unit: 'ms', better: 'lower' }
const load: Metric = { name: 'load', unit: 'ms', better: 'lower' }
const metrics = [time, updates, encode, size, load]

export const crdtBenchmarks: Bench = {
  name: 'crdt-benchmarks',
  question: 'How fast are the scenarios that the field compares itself by?',
  workload: ({ scale, trace }) =>
    `B1, B2 and B3 of crdt-benchmarks with N = ${grouped(N[scale])}: one writes and another reads (B1); two write apart and exchange their ` +
    `updates (B2); one gets what many clients did apart (B3). B4: ${trace.name}, ${grouped(trace.edits.length)} keystrokes. And a trace of two authors ` +
    'who write at the same time',
  metric:
    'time of the edits and of their exchange (of B3: of the one that gets all), bytes of all updates, and time and bytes of the whole state. Replicas must show ' +
    'the same, and ours must encode the bytes that yjs does, or there is no number. Lower is better. Targets are judged in full runs',
  baseline: YJS,
  async *run(context) {
    const { scale, progress } = context
    const asked = await askedSubjects(context)
    const yjs = asked.subjects.find(({ name }) => name === YJS)!
    const n = N[scale]
    const scenarios = new Scenarios(n, context.trace, () => openConcurrentTrace(EVENTS[scale]))
    for (const [place, scenario] of scenarios.all.entries()) {
      const { name, timesAtLeast } = scenario
      if (!context.selects(name) || (scale === 'quick' && NOT_QUICK.has(name.split(' ', 1)[0]!))) continue
      progress.step(`crdt-benchmarks · ${name}`)
      const { able, notRun } = askedFor(asked, (subject) => [scenarios.effort(place, subject)], context)
      const reference = checked(yjs, scenario.prepare(yjs)(), scenario)
      const contestants = able.map((subject) => {
        progress.detail(`preparing ${subject.name}`)
        return contestant(subject, scenario, reference, scale)
      })
      const measured = await measure(name, metrics, contestants, roundsFor(context, ROUNDS), context)
      const ours = able.find((subject) => subject.name === OURS)
      yield {
        ...measured,
        notRun,
        ...(scale === 'full' ? { targets: [{ metric: time.name, against: YJS, timesAtLeast }] } : {}),
        ...(context.profile && ours !== undefined
          ? { profile: await profile(scenario.prepare(ours), PROFILE_MS[scale]) }
          : {}),
      }
    }
  },
}

/** Throws `CheckFailed` unless the replicas of an outcome show the same and what they should. Returns what the first encodes. */
function checked(subject: Subject, { replicas }: Outcome, scenario: Scenario): Uint8Array {
  const { name } = scenario
  const [first, ...others] = replicas
  const content = contentOf(first)
  check(scenario.isRight(content), `${subject.name}: ${name} ends in another document`)
  for (const other of others)
    check(isSameContent(contentOf(other), content), `${subject.name}: ${name} does not converge`)
  const state = first.encode()
  if (subject.encoding === 'identical to yjs') {
    for (const other of others) {
      check(Buffer.compare(other.encode(), state) === 0, `${subject.name}: the replicas of ${name} encode other bytes`)
    }
  }
  return state
}

function contestant(subject: Subject, scenario: Scenario, reference: Uint8Array, scale: Scale): Contestant {
  const [timing, stateTiming] = mayBeRefused(subject)
    ? [TIMING_OF_OTHERS, STATE_TIMING_OF_OTHERS]
    : [TIMING, STATE_TIMING]
  const run = scenario.prepare(subject)
  const checkState = (state: Uint8Array): void => {
    if (subject.encoding !== 'identical to yjs') return
    check(
      Buffer.compare(state, reference) === 0,
      `${subject.name}: ${scenario.name} is encoded in other bytes than by yjs`,
    )
  }
  let first: Outcome | undefined
  const whole = timed(
    {
      subject: subject.name,
      run,
      check(outcome) {
        first ??= outcome
        checkState(checked(subject, outcome, scenario))
      },
      gauge: ({ updateBytes }) => ({ updates: updateBytes }),
      dispose(outcome) {
        // What this one made is encoded below.
        if (outcome !== first) outcome.replicas.forEach((replica) => replica.free())
      },
    },
    timing[scale],
  )
  const [replica] = first!.replicas
  const state = replica.encode()
  const content = contentOf(replica)
  const writing = timed({ subject: subject.name, run: () => replica.encode(), check: checkState }, stateTiming[scale])
  const reading = timed(
    {
      subject: subject.name,
      run: () => subject.load(state),
      check: (loaded) =>
        check(isSameContent(contentOf(loaded), content), `${subject.name}: ${scenario.name} loads as another document`),
      dispose: (loaded) => loaded.free(),
    },
    stateTiming[scale],
  )
  return {
    subject: subject.name,
    roundsMax: whole.roundsMax!,
    async round(index) {
      const { time: encodeMs } = await writing.round(index)
      const { time: loadMs } = await reading.round(index)
      return { ...(await whole.round(index)), encode: encodeMs!, load: loadMs!, size: state.length }
    },
  }
}
