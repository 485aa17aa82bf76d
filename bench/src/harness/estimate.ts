/**
 * How long a run still takes, from how long its benches took before: on this machine, where an earlier report says, else as they usually do. What has
 * ended tells how fast the machine is today. Pure: the caller has the clock.
 */
import { selects, type Arguments } from './arguments.ts'
import type { Bench } from './bench.ts'
import { scaleName, type Run } from './run.ts'

/** A bench that is to run; `expectedMs` is undefined where nobody knows. */
export interface Planned {
  readonly bench: string
  readonly expectedMs: number | undefined
}

/** What the benches usually take, in the word of the command line. */
export type Typical = Readonly<Record<string, Readonly<Record<ReturnType<typeof scaleName>, number>>>>

/** A busy machine takes longer, but what one bench took tells little of the next. */
const PACE_MAX = 3

export class Estimate {
  readonly #plan: readonly Planned[]
  #current = -1
  #startedAt = 0
  #expectedMs = 0
  #tookMs = 0

  constructor(plan: readonly Planned[]) {
    this.#plan = plan
  }

  /** The next bench of the plan begins. */
  begin(now: number): void {
    this.end(now)
    this.#current++
    this.#startedAt = now
  }

  /** The bench that runs has ended. */
  end(now: number): void {
    const expected = this.#plan[this.#current]?.expectedMs
    if (expected === undefined) return
    this.#expectedMs += expected
    this.#tookMs += now - this.#startedAt
  }

  /** Undefined where what a bench takes is not known. */
  remainingMs(now: number): number | undefined {
    const [current, ...later] = this.#plan.slice(Math.max(0, this.#current))
    if (current?.expectedMs === undefined || later.some(({ expectedMs }) => expectedMs === undefined)) return undefined
    const pace =
      this.#expectedMs === 0 ? 1 : Math.min(PACE_MAX, Math.max(1 / PACE_MAX, this.#tookMs / this.#expectedMs))
    const here = Math.max(0, current.expectedMs * pace - (this.#current === -1 ? 0 : now - this.#startedAt))
    return here + later.reduce((sum, { expectedMs }) => sum + expectedMs! * pace, 0)
  }
}

/** `about 4 min left`. */
export function remainingText(remainingMs: number): string {
  const minutes = Math.round(remainingMs / 60_000)
  return minutes < 1 ? 'less than a minute left' : `about ${minutes} min left`
}

/** What the chosen benches are expected to take, by an earlier run of the same scale, else as they usually do. */
export function planFor(
  chosen: readonly Pick<Bench, 'name'>[],
  wanted: Arguments,
  earlier: Run | undefined,
  typical: Typical,
): Planned[] {
  const scale = scaleName({ scale: wanted.quick ? 'quick' : 'full', fullCounts: wanted.full })
  const known = earlier !== undefined && scaleName(earlier) === scale && isWhole(earlier) ? earlier : undefined
  return chosen.map(({ name }) => {
    const tasks = known?.reports.find(({ bench }) => bench.name === name)?.results
    if (tasks !== undefined) {
      const asked = tasks.filter(({ task }) => selects(wanted.only, name, task))
      return { bench: name, expectedMs: asked.reduce((sum, { elapsedMs = 0 }) => sum + elapsedMs, 0) }
    }
    const isAll =
      wanted.subjects.length === 0 && wanted.rounds === undefined && !wanted.only.some((only) => only.includes('/'))
    return { bench: name, expectedMs: isAll ? typical[name]?.[scale] : undefined }
  })
}

/** A run of some tasks, libraries or rounds tells nothing of a run of all. */
function isWhole({ command }: Run): boolean {
  return !/--(only|subject|rounds) /.test(command)
}
