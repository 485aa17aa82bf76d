/**
 * The relay's log on a simulated disk: what is written waits for a flush, which takes its time, and may fail, or be cut short by a
 * crash. Then the disk has a part of what waited, and nobody was told. Behind it is the log in memory, whose disk outlives it.
 */
import {
  LogError,
  type MemoryDisk,
  MemoryLog,
  type Append,
  type AuthoredEntry,
  type ClientOwner,
  type LogErrorCode,
  type LogSlice,
  type LogStats,
  type RoomHead,
  type UpdateLog,
} from '@syncline/relay'
import type { Position } from '@syncline/protocol'
import type { Process, VirtualTime } from './virtual-time.ts'

/** The weather of a disk, over all crashes. */
export interface DiskWeather {
  /** How long the next flush, or read, takes, in ms. */
  readonly latencyMs: () => number
  /** The next so many flushes fail; nothing of them is stored. */
  failures: { readonly code: LogErrorCode; left: number } | undefined
  /** Flushes wait. */
  holding: boolean
}

/** Told of what the disk has from now on. */
export interface DiskWitness {
  appended(room: string, update: Uint8Array, position: Position): void
  checkpointed(room: string, log: UpdateLog): Promise<void>
}

interface Write {
  readonly store: (log: MemoryLog) => Promise<() => void>
  readonly fail: (error: LogError) => void
}

export interface SimulatedLogOptions {
  readonly disk: MemoryDisk
  readonly newEpoch: () => number
  readonly time: VirtualTime
  readonly process: Process
  readonly weather: DiskWeather
  readonly witness: DiskWitness
}

export class SimulatedLog implements UpdateLog {
  readonly #options: SimulatedLogOptions
  readonly #log: MemoryLog
  #waiting: Write[] = []
  #flushing = false
  #closed = false
  #settled: (() => void)[] = []

  constructor(options: SimulatedLogOptions) {
    this.#options = options
    this.#log = new MemoryLog({ disk: options.disk, newEpoch: options.newEpoch })
  }

  get stats(): LogStats {
    return this.#log.stats
  }

  /** Writes that are not flushed. */
  get waiting(): number {
    return this.#waiting.length
  }

  append(batch: readonly Append[]): Promise<readonly Position[]> {
    // Borrowed until it settles: a crash may come first, and what is on the disk must not change then.
    const { witness } = this.#options
    return this.#write(async (log) => {
      const positions = await log.append(batch)
      for (const [index, { room, update }] of batch.entries()) witness.appended(room, update, positions[index]!)
      return positions
    })
  }

  checkpoint(room: string, upTo: Position, update: Uint8Array): Promise<boolean> {
    return this.#write(async (log) => {
      const done = await log.checkpoint(room, upTo, update)
      if (done) await this.#options.witness.checkpointed(room, log)
      return done
    })
  }

  drop(room: string): Promise<void> {
    return this.#write((log) => log.drop(room))
  }

  head(room: string): Promise<RoomHead> {
    return this.#read(() => this.#log.head(room))
  }

  read(room: string, afterSeq: number): Promise<LogSlice> {
    return this.#read(() => this.#log.read(room, afterSeq))
  }

  authors(room: string, afterSeq: number): Promise<readonly AuthoredEntry[]> {
    return this.#read(() => this.#log.authors(room, afterSeq))
  }

  owners(room: string): Promise<readonly ClientOwner[]> {
    return this.#read(() => this.#log.owners(room))
  }

  rooms(after?: string): AsyncIterable<string> {
    return this.#log.rooms(after)
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#flushing || this.#waiting.length > 0) await new Promise<void>((resolve) => this.#settled.push(resolve))
    await this.#log.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /** The machine stops in the middle: of the writes that waited, the first `kept` are on the disk. Nobody hears of any. */
  async crash(kept: number): Promise<void> {
    for (const { store } of this.#waiting.splice(0).slice(0, kept)) await store(this.#log)
    await this.#log.crash()
  }

  #write<T>(verb: (log: MemoryLog) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new LogError('closed', 'the log is closed'))
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({
        store: async (log) => {
          const result = await verb(log)
          return () => resolve(result)
        },
        fail: reject,
      })
      this.#flush()
    })
  }

  #flush(): void {
    const { process, weather } = this.#options
    if (this.#flushing || this.#waiting.length === 0) return
    this.#flushing = true
    process.after(weather.latencyMs(), () => void this.#flushNow())
  }

  async #flushNow(): Promise<void> {
    const { process, weather, time } = this.#options
    if (weather.holding) {
      process.after(100, () => void this.#flushNow())
      return
    }
    // All that waits by now shares this flush, and its fate.
    const group = this.#waiting.splice(0)
    const { failures } = weather
    const failing = failures !== undefined && failures.left > 0
    if (failing) failures.left -= 1
    const tell = failing
      ? group.map((write) => () => write.fail(new LogError(failures.code, `simulated: ${failures.code}`)))
      : await time.busy(() => Promise.all(group.map(({ store }) => store(this.#log))))
    // The relay hears of it later: a crash in between is one after the flush, and before the ack.
    process.after(weather.latencyMs(), () => {
      this.#flushing = false
      for (const each of tell) each()
      this.#flush()
      if (!this.#flushing) for (const resolve of this.#settled.splice(0)) resolve()
    })
  }

  #read<T>(verb: () => Promise<T>): Promise<T> {
    const { process, weather } = this.#options
    return new Promise<T>((resolve, reject) => {
      process.after(weather.latencyMs(), () => void verb().then(resolve, reject))
    })
  }
}
