/**
 * The tabs of one device, without a browser: they hear each other, and one of them owns the connection: the first that is open. When it
 * closes, or crashes, the next one does.
 */
import type { TabMessage, Tabs } from '../tabs/tabs.ts'

export class SimulatedTabs {
  readonly #open: SimulatedTab[] = []
  #names = 0

  /** One more tab, for the option `tabs` of a client; inert until the client opens it. */
  tab(): SimulatedTab {
    this.#names += 1
    return new SimulatedTab(`tab-${this.#names}`, {
      enter: (tab) => {
        this.#open.push(tab)
        this.#appoint()
      },
      leave: (tab) => this.#leave(tab),
      deliver: (message, from) => this.#deliver(message, from),
    })
  }

  #leave(tab: SimulatedTab): void {
    const index = this.#open.indexOf(tab)
    if (index === -1) return
    this.#open.splice(index, 1)
    for (const other of this.#open) other.told.gone(tab.name)
    this.#appoint()
  }

  #deliver(message: TabMessage, from: SimulatedTab): void {
    const copy = structuredClone(message)
    for (const tab of this.#open) if (tab !== from) queueMicrotask(() => tab.told.message(copy, from.name))
  }

  #appoint(): void {
    this.#open[0]?.told.owner(true)
  }
}

interface Hub {
  readonly enter: (tab: SimulatedTab) => void
  readonly leave: (tab: SimulatedTab) => void
  readonly deliver: (message: TabMessage, from: SimulatedTab) => void
}

export class SimulatedTab implements Tabs {
  readonly name: string
  readonly #hub: Hub
  readonly #owner = new Set<(owner: boolean) => void>()
  readonly #message = new Set<(message: TabMessage, tab: string) => void>()
  readonly #gone = new Set<(tab: string) => void>()
  readonly #missed = new Set<() => void>()
  #state: 'inert' | 'following' | 'owning' | 'closed' = 'inert'

  /** For {@link SimulatedTabs.tab}. */
  constructor(name: string, hub: Hub) {
    this.name = name
    this.#hub = hub
  }

  /** What the hub tells. */
  readonly told = {
    owner: (owner: boolean): void => {
      if (this.#state !== 'following') return
      this.#state = 'owning'
      for (const listener of this.#owner) listener(owner)
    },
    message: (message: TabMessage, tab: string): void => {
      if (this.#state === 'closed') return
      for (const listener of this.#message) listener(message, tab)
    },
    gone: (tab: string): void => {
      for (const listener of this.#gone) listener(tab)
    },
  }

  get owner(): boolean {
    return this.#state === 'owning'
  }

  onOwner(listener: (owner: boolean) => void): () => void {
    return subscribe(this.#owner, listener)
  }

  onMessage(listener: (message: TabMessage, tab: string) => void): () => void {
    return subscribe(this.#message, listener)
  }

  onGone(listener: (tab: string) => void): () => void {
    return subscribe(this.#gone, listener)
  }

  onMissed(listener: () => void): () => void {
    return subscribe(this.#missed, listener)
  }

  post(message: TabMessage): void {
    if (this.#state === 'following' || this.#state === 'owning') this.#hub.deliver(message, this)
  }

  open(): void {
    if (this.#state !== 'inert') return
    this.#state = 'following'
    this.#hub.enter(this)
  }

  close(): void {
    this.#state = 'closed'
    this.#hub.leave(this)
  }
}

function subscribe<Listener>(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}
