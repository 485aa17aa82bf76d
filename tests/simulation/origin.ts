/**
 * What the tabs of one origin on one device share, apart from the store: channels and locks, as browsers have them. A frozen tab keeps
 * its locks and hears nothing, and what is said meanwhile is lost to it; a dead one has let go of everything.
 */
import { setMaxListeners } from 'node:events'
import type { TabsChannel, TabsPlatform } from '../../packages/client/src/tabs/browser-tabs.ts'
import type { Process, VirtualTime } from './virtual-time.ts'

interface OpenChannel {
  readonly process: Process
  readonly listeners: Set<(event: { readonly data: unknown }) => void>
  lastDueAt: number
}

interface LockRequest {
  readonly name: string
  readonly process: Process
  readonly shared: boolean
  readonly grant: () => void
  readonly lose: () => void
}

export class SimulatedOrigin {
  readonly #time: VirtualTime
  readonly #latencyMs: () => number
  readonly #channels = new Map<string, Set<OpenChannel>>()
  #held: LockRequest[] = []
  #queued: LockRequest[] = []
  #tabs = 0

  constructor(time: VirtualTime, latencyMs: () => number) {
    this.#time = time
    this.#latencyMs = latencyMs
  }

  platform(process: Process): TabsPlatform {
    return {
      openChannel: (name) => this.#openChannel(name, process),
      requestLock: (name, options, granted) => this.#requestLock(process, name, options, granted),
      newTabName: () => `${process.name}-${(this.#tabs += 1)}`,
    }
  }

  /** The process is dead: what it held is free. */
  died(process: Process): void {
    for (const channels of this.#channels.values()) {
      for (const channel of channels) if (channel.process === process) channels.delete(channel)
    }
    this.#queued = this.#queued.filter((request) => request.process !== process)
    this.#held = this.#held.filter((request) => request.process !== process)
    this.#grant()
  }

  #openChannel(name: string, process: Process): TabsChannel {
    const channels = this.#channels.get(name) ?? new Set()
    this.#channels.set(name, channels)
    const own: OpenChannel = { process, listeners: new Set(), lastDueAt: 0 }
    channels.add(own)
    return {
      postMessage: (data) => {
        for (const channel of channels) if (channel !== own) this.#deliver(channel, structuredClone(data))
      },
      addEventListener: (_type, listener) => void own.listeners.add(listener),
      close: () => void channels.delete(own),
    }
  }

  #deliver(channel: OpenChannel, data: unknown): void {
    channel.lastDueAt = Math.max(channel.lastDueAt, this.#time.now() + this.#latencyMs())
    const deliver = (): void => {
      if (this.#isOpen(channel)) for (const listener of channel.listeners) listener({ data })
    }
    // Through nobody's time first: a tab that is frozen when it comes never gets it.
    if (channel.process.state === 'frozen') return
    channel.process.after(channel.lastDueAt - this.#time.now(), () => deliver())
  }

  #isOpen(channel: OpenChannel): boolean {
    for (const channels of this.#channels.values()) if (channels.has(channel)) return true
    return false
  }

  #requestLock(
    process: Process,
    name: string,
    { mode = 'exclusive', steal = false, signal }: LockOptions,
    granted: () => Promise<void> | void,
  ): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      if (signal?.aborted === true) return reject(new DOMException('given up', 'AbortError'))
      let over = false
      const end = (): void => {
        over = true
        this.#held = this.#held.filter((held) => held !== request)
        this.#grant()
      }
      const use = async (): Promise<void> => {
        let settle = resolve
        try {
          await granted()
        } catch (error) {
          settle = () => reject(error)
        }
        if (over) return
        end()
        settle()
      }
      const request: LockRequest = {
        name,
        process,
        shared: mode === 'shared',
        grant: () => {
          this.#held.push(request)
          process.after(this.#latencyMs(), () => {
            if (!over) void use()
          })
        },
        lose: () => {
          over = true
          process.after(this.#latencyMs(), () => reject(new DOMException('stolen', 'AbortError')))
        },
      }
      if (steal) {
        const holders = this.#held.filter((held) => held.name === name)
        this.#held = this.#held.filter((held) => held.name !== name)
        for (const holder of holders) holder.lose()
        request.grant()
        return
      }
      this.#queued.push(request)
      if (signal !== undefined) setMaxListeners(0, signal)
      signal?.addEventListener('abort', () => {
        if (!this.#queued.includes(request)) return
        this.#queued = this.#queued.filter((queued) => queued !== request)
        reject(new DOMException('given up', 'AbortError'))
        this.#grant()
      })
      this.#grant()
    })
  }

  #grant(): void {
    for (const request of this.#queued.slice()) {
      const { name, shared } = request
      const blocked = [...this.#held, ...this.#queuedBefore(request)].some(
        (other) => other.name === name && !(shared && other.shared),
      )
      if (blocked) continue
      this.#queued = this.#queued.filter((queued) => queued !== request)
      request.grant()
    }
  }

  #queuedBefore(request: LockRequest): readonly LockRequest[] {
    return this.#queued.slice(0, this.#queued.indexOf(request))
  }
}
