/**
 * Timing of work that is pure computation. A call that takes microseconds is repeated until the clock can tell; a call that
 * takes seconds gets few rounds. Warm-up lets the compiler settle before anything counts.
 */
import { cpu, cpuMs } from './cpu-time.ts'
import { collectGarbage } from './garbage.ts'
import type { Contestant } from './measure.ts'

/** The work of one subject. `check` sees an output before any number of it counts, and throws when it is wrong. */
export interface Work<Output> {
  readonly subject: string
  readonly run: () => Output
  readonly check: (output: Output) => void
  /** Further metrics of an output, its size for instance. */
  readonly gauge?: (output: Output) => Readonly<Record<string, number>>
  /** A run does so many of the same thing, and its time is told for one. 1, unless given. */
  readonly parts?: number
  /** Gives up an output that is not looked at any more, outside of the measured time. */
  readonly dispose?: (output: Output) => void
}

export interface TimingLimits {
  /** Warm-up ends after this time, but not before one call. A call that alone takes longer tells how long calls take, too. */
  readonly warmUpMs: number
  /** A sample repeats the call until it takes about this long. */
  readonly sampleMs: number
  /** A subject's rounds together take about this long at most; but it gets three, so that there is a middle. */
  readonly roundsMs: number
  /**
   * A subject whose first call takes longer than this is not called again: that call is its one sample, cold as it was. For peers that are so far
   * behind that it does not matter. Endless, unless given.
   */
  readonly onceMs?: number
  /** Work that takes longer than this gets warm by itself: its first call is its first sample. A second, unless given. */
  readonly firstCountsMs?: number
}

const REPEATS_MAX = 100_000

const ROUNDS_MIN = 3

/** Work whose sample takes longer than this is not run again before each round. */
const REWARMED_MS_MAX = 500

/** Warms up, checks and calibrates `work`. The contestant's metrics `time` and `CPU` are milliseconds per call, or per part of it. */
export function timed<Output>(
  { subject, run, check, gauge, parts = 1, dispose }: Work<Output>,
  limits: TimingLimits,
): Contestant {
  collectGarbage()
  const firstCpu = cpuMs()
  const warmUpStart = performance.now()
  const first = run()
  let callMs = performance.now() - warmUpStart
  const firstCpuMs = cpuMs() - firstCpu
  check(first)
  const firstSample = { time: callMs / parts, [cpu.name]: firstCpuMs / parts, ...gauge?.(first) }
  if (callMs > (limits.onceMs ?? Infinity)) {
    dispose?.(first)
    return { subject, roundsMax: 1, round: async () => firstSample }
  }
  let calls = 1
  while (performance.now() - warmUpStart < limits.warmUpMs && calls < REPEATS_MAX) {
    const output = run()
    dispose?.(output)
    calls++
  }
  if (callMs < limits.warmUpMs) {
    // The last call is the warmest.
    const callStart = performance.now()
    const output = run()
    callMs = performance.now() - callStart
    dispose?.(output)
  }
  const repeats = Math.min(REPEATS_MAX, Math.max(1, Math.round(limits.sampleMs / Math.max(callMs, 1e-4))))

  const isRewarmed = callMs * repeats <= REWARMED_MS_MAX
  // Kept from round to round, and a sample's worth of calls before each: garbage is collected between rounds, and where no object of
  // a hidden class is left, V8 discards the code that was compiled for it. Programs in use have such objects.
  let output = first
  let counts = callMs > (limits.firstCountsMs ?? 1000)

  return {
    subject,
    roundsMax: Math.max(
      ROUNDS_MIN,
      Math.floor(limits.roundsMs / Math.max(callMs * repeats * (isRewarmed ? 2 : 1), 1e-4)),
    ),
    async round() {
      if (counts) {
        counts = false
        return firstSample
      }
      const passed: Output[] = []
      const callRepeatedly = (): void => {
        for (let repeat = 0; repeat < repeats; repeat++) {
          if (dispose !== undefined) passed.push(output)
          output = run()
        }
      }
      if (isRewarmed) callRepeatedly()
      const startCpu = cpuMs()
      const start = performance.now()
      callRepeatedly()
      const time = (performance.now() - start) / repeats / parts
      const used = (cpuMs() - startCpu) / repeats / parts
      for (const one of passed) dispose!(one)
      check(output)
      return { time, [cpu.name]: used, ...gauge?.(output) }
    },
  }
}
