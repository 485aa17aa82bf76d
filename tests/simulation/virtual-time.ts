/**
 * Time, as the world has it: a queue of events that happen one after the other, each at its moment, and nothing in between. All that
 * code does after one event without needing time (promises, microtasks) is over before the next begins. A *process* is code that
 * can be stopped: a tab, a relay. What it waits for waits while it is frozen, and never comes when it is dead.
 */
import { setImmediate } from 'node:timers/promises'
import type { Scheduler } from 'syncline'
import { steady } from '../../packages/client/src/scheduler.ts'
import { BrokenOracle } from './broken-oracle.ts'
import { hashOf, type Random } from './random.ts'

/** When the world begins, in ms since 1970. */
export const WORLD_START = 1_800_000_000_000

/**
 * A run that gets nowhere ends: with more steps in a second of its time than any sound world has (the busiest of some hundred seeds has 1,500),
 * or with one step that goes on for so many turns of the event loop. What never gives the event loop back is not noticed.
 */
const STEPS_PER_SECOND_MAX = 50_000
const TURNS_PER_STEP_MAX = 10_000

export interface TimedEvent {
  readonly at: number
  /** Of two at one moment, the one that was asked for first is first. */
  readonly order: number
  readonly process: Process | undefined
  readonly run: () => void
  cancelled: boolean
}

export class VirtualTime {
  #now = WORLD_START
  #order = 0
  #queue: TimedEvent[] = []
  #busy = 0
  #steps = 0
  /** The steps of a second, and when it began. */
  #secondAt = WORLD_START
  #stepsInSecond = 0
  #digest = 0
  /** Told before each step; throws to end the run. */
  onStep: () => void = () => {}

  now = (): number => this.#now

  /** Events that happened. */
  get steps(): number {
    return this.#steps
  }

  /** Follows from every event so far, when it was and whose. */
  get digest(): number {
    return this.#digest
  }

  after = (delayMs: number, run: () => void): (() => void) => this.at(this.#now + delayMs, run, undefined)

  at(at: number, run: () => void, process: Process | undefined): () => void {
    const event: TimedEvent = { at: Math.max(at, this.#now), order: this.#order++, process, run, cancelled: false }
    this.#push(event)
    return () => {
      event.cancelled = true
    }
  }

  /** Work that takes turns of the real event loop, and none of this time. */
  async busy<T>(work: () => Promise<T>): Promise<T> {
    this.#busy += 1
    try {
      return await work()
    } finally {
      this.#busy -= 1
    }
  }

  /** When the next event is; `undefined` if there is none. */
  get nextAt(): number | undefined {
    for (let next = this.#queue[0]; next !== undefined; next = this.#queue[0]) {
      if (!next.cancelled && next.process?.state !== 'dead') return next.at
      this.#pop()
    }
    return undefined
  }

  /** Events of this process that are to come. Costs a look at all. */
  pendingOf(process: Process): number {
    return this.#queue.filter((event) => event.process === process && !event.cancelled).length
  }

  /** Lets the next event happen, and all that follows from it at once. False if there is none up to `until`. */
  async step(until: number = Number.POSITIVE_INFINITY): Promise<boolean> {
    for (;;) {
      const nextAt = this.nextAt
      if (nextAt === undefined || nextAt > until) return false
      const event = this.#pop()!
      this.#now = Math.max(this.#now, event.at)
      if (event.process?.state === 'frozen') {
        event.process.hold(event)
        continue
      }
      this.onStep()
      this.#steps += 1
      this.#assertGoesOn()
      this.#digest = hashOf(`${this.#digest}${event.at}${event.process?.name ?? ''}`)
      event.run()
      await this.#settled()
      return true
    }
  }

  #assertGoesOn(): void {
    if (this.#now - this.#secondAt >= 1_000) {
      this.#secondAt = this.#now
      this.#stepsInSecond = 0
    }
    this.#stepsInSecond += 1
    if (this.#stepsInSecond <= STEPS_PER_SECOND_MAX) return
    const at = `${this.#secondAt - WORLD_START} … ${this.#now - WORLD_START} ms`
    throw new BrokenOracle('time-goes-on', `${this.#stepsInSecond} steps within ${at}`)
  }

  /** All that follows from a step without taking time is over. */
  async #settled(): Promise<void> {
    for (let turns = 1; ; turns++) {
      await setImmediate()
      if (this.#busy === 0) return
      if (turns > TURNS_PER_STEP_MAX) throw new BrokenOracle('time-goes-on', `a step is not over after ${turns} turns`)
    }
  }

  /** Runs until `until`, or until `done` says so between two events. Returns whether it did. */
  async run(until: number, done: () => boolean = () => false): Promise<boolean> {
    for (;;) {
      if (done()) return true
      if (!(await this.step(until))) break
    }
    this.#now = Math.max(this.#now, until)
    return done()
  }

  #push(event: TimedEvent): void {
    const queue = this.#queue
    let index = queue.length
    queue.push(event)
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!isBefore(event, queue[parent]!)) break
      queue[index] = queue[parent]!
      index = parent
    }
    queue[index] = event
  }

  #pop(): TimedEvent | undefined {
    const queue = this.#queue
    const first = queue[0]
    const last = queue.pop()
    if (first === undefined || last === undefined || queue.length === 0) return first
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= queue.length) break
      if (child + 1 < queue.length && isBefore(queue[child + 1]!, queue[child]!)) child += 1
      if (!isBefore(queue[child]!, last)) break
      queue[index] = queue[child]!
      index = child
    }
    queue[index] = last
    return first
  }
}

function isBefore(one: TimedEvent, other: TimedEvent): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order)
}

/** Code that runs, stops and dies as one, with a clock of its own. */
export class Process implements Scheduler {
  readonly name: string
  readonly random: Random
  #state: 'running' | 'frozen' | 'dead' = 'running'
  readonly #held: TimedEvent[] = []
  /** What its clock shows beyond the truth, in ms. */
  skewMs = 0

  readonly #time: VirtualTime

  constructor(time: VirtualTime, name: string, random: Random) {
    this.#time = time
    this.name = name
    this.random = random
  }

  get state(): 'running' | 'frozen' | 'dead' {
    return this.#state
  }

  /** As the platform tells it: it may be set back. */
  readonly wallNow = (): number => Math.floor(this.#time.now() + this.skewMs)

  readonly now: () => number = steady(this.wallNow)

  readonly after = (delayMs: number, run: () => void): (() => void) =>
    this.#state === 'dead' ? () => {} : this.#time.at(this.#time.now() + delayMs, run, this)

  readonly every = (periodMs: number, run: () => void): (() => void) => {
    let cancel = (): void => {}
    const again = (): void => {
      cancel = this.after(periodMs, () => {
        again()
        run()
      })
    }
    again()
    return () => cancel()
  }

  /** For events that come while it is frozen. */
  hold(event: TimedEvent): void {
    this.#held.push(event)
  }

  freeze(): void {
    if (this.#state === 'running') this.#state = 'frozen'
  }

  /** What waited happens now, in order. */
  thaw(): void {
    if (this.#state !== 'frozen') return
    this.#state = 'running'
    for (const event of this.#held.splice(0)) {
      this.after(0, () => {
        // Others may have called it off meanwhile.
        if (!event.cancelled) event.run()
      })
    }
  }

  kill(): void {
    this.#state = 'dead'
    this.#held.length = 0
  }
}
