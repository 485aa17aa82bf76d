/**
 * Makes a trace that breaks an oracle smaller, as long as it breaks the same one: fewer actions first (delta debugging), then a simpler
 * world, then simpler actions. Deterministic.
 * Source: Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002.
 */
import type { OracleName } from './broken-oracle.ts'
import type { Action, Trace, WorldConfig } from './trace.ts'
import { isFailure, runTrace } from './world.ts'

export interface ShrinkOptions {
  /** The most runs that are tried. */
  readonly runsMax: number
  /** Told of each smaller trace. */
  readonly onSmaller?: (trace: Trace, runs: number) => void
}

/** The smallest trace found; `trace` itself if it breaks nothing. */
export async function shrink(trace: Trace, { runsMax, onSmaller }: ShrinkOptions): Promise<Trace> {
  const first = await runTrace(trace)
  if (!isFailure(first)) return trace
  const shrinking = new Shrinking(trace, first.error.oracle, runsMax, onSmaller)
  await shrinking.run()
  return shrinking.trace
}

class Shrinking {
  trace: Trace
  readonly #oracle: OracleName
  readonly #runsMax: number
  readonly #onSmaller: ShrinkOptions['onSmaller']
  #runs = 0

  constructor(trace: Trace, oracle: OracleName, runsMax: number, onSmaller: ShrinkOptions['onSmaller']) {
    this.trace = trace
    this.#oracle = oracle
    this.#runsMax = runsMax
    this.#onSmaller = onSmaller
  }

  async run(): Promise<void> {
    for (let size = Number.POSITIVE_INFINITY; sizeOf(this.trace) < size;) {
      size = sizeOf(this.trace)
      await this.#fewerActions()
      await this.#simplerWorld()
      await this.#earlierEnd()
      await this.#simplerActions()
    }
  }

  async #fewerActions(): Promise<void> {
    for (
      let chunk = Math.ceil(this.trace.actions.length / 2);
      chunk >= 1;
      chunk = chunk === 1 ? 0 : Math.ceil(chunk / 2)
    ) {
      for (let from = 0; from < this.trace.actions.length;) {
        const actions = this.trace.actions.toSpliced(from, chunk)
        if (!(await this.#try({ ...this.trace, actions }))) from += chunk
      }
    }
  }

  async #simplerWorld(): Promise<void> {
    for (const simpler of simplerConfigs(this.trace.config)) {
      await this.#try({ ...this.trace, config: { ...this.trace.config, ...simpler } })
    }
    for (const name of Object.keys(this.trace.config.relayLimits)) {
      const { [name as 'tickMs']: _, ...relayLimits } = this.trace.config.relayLimits
      await this.#try({ ...this.trace, config: { ...this.trace.config, relayLimits } })
    }
    for (const name of Object.keys(this.trace.config.clientLimits)) {
      const { [name as 'foldRowsMin']: _, ...clientLimits } = this.trace.config.clientLimits
      await this.#try({ ...this.trace, config: { ...this.trace.config, clientLimits } })
    }
  }

  async #earlierEnd(): Promise<void> {
    const last = this.trace.actions.at(-1)?.at ?? 0
    for (const durationMs of [last + 100, last + 1_000, last + 5_000]) {
      if (durationMs < this.trace.durationMs && (await this.#try({ ...this.trace, durationMs }))) return
    }
  }

  async #simplerActions(): Promise<void> {
    for (let index = 0; index < this.trace.actions.length; index++) {
      for (const simpler of simplerActions(this.trace.actions[index]!)) {
        await this.#try({ ...this.trace, actions: this.trace.actions.with(index, simpler) })
      }
    }
  }

  async #try(trace: Trace): Promise<boolean> {
    if (this.#runs >= this.#runsMax || JSON.stringify(trace) === JSON.stringify(this.trace)) return false
    this.#runs += 1
    const result = await runTrace(trace)
    if (!isFailure(result) || result.error.oracle !== this.#oracle) return false
    this.trace = trace
    this.#onSmaller?.(trace, this.#runs)
    return true
  }
}

/** What shrinking makes smaller, in one number. */
function sizeOf({ actions, config }: Trace): number {
  return actions.length * 1_000 + JSON.stringify(config).length
}

function simplerConfigs(config: WorldConfig): readonly Partial<WorldConfig>[] {
  const spans = (['networkMs', 'relayDiskMs', 'deviceMs', 'tabsMs'] as const).flatMap((name) => [
    { [name]: [1, 1] as const },
    { [name]: [config[name][0], config[name][0]] as const },
  ])
  return [
    { readers: [] },
    { tokens: false, readers: [] },
    { keepers: [] },
    { onCore: [] },
    ...Array.from({ length: config.devices - 1 }, (_, less) => ({ devices: less + 1 })),
    { rooms: 1 },
    ...spans,
  ]
}

function simplerActions(action: Action): readonly Action[] {
  const simpler: Action[] = []
  if ('where' in action && action.where > 1) simpler.push({ ...action, where: 1 })
  if ('length' in action && action.length > 0) simpler.push({ ...action, length: 0 })
  if ('tab' in action && action.tab > 0) simpler.push({ ...action, tab: 0 })
  if ('room' in action && action.room > 0) simpler.push({ ...action, room: 0 })
  if ('kept' in action && action.kept > 0) simpler.push({ ...action, kept: 0 })
  if ('count' in action && action.count > 1) simpler.push({ ...action, count: 1 })
  return simpler
}
