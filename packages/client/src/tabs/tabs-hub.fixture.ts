/** Several tabs of one origin, without a browser: the first that is open owns the connection, the next inherits it. */
import type { TabMessage, Tabs } from './tabs.ts'

export class TabsHub {
  readonly #open: HubTabs[] = []
  /** Messages lost from now on, as for a tab that is frozen. */
  deaf = false
  #nextTab = 1

  /** One more tab, inert until its client opens it. */
  tab(): HubTabs {
    const tab = new HubTabs(this, `tab-${this.#nextTab}`)
    this.#nextTab += 1
    return tab
  }

  enter(tab: HubTabs): void {
    this.#open.push(tab)
    this.#appoint()
  }

  leave(tab: HubTabs): void {
    const index = this.#open.indexOf(tab)
    if (index === -1) return
    this.#open.splice(index, 1)
    for (const other of this.#open) other.goneListeners.forEach((listener) => listener(tab.name))
    this.#appoint()
  }

  deliver(message: TabMessage, from: HubTabs): void {
    if (this.deaf) return
    const copy = structuredClone(message)
    for (const tab of this.#open) {
      if (tab === from) continue
      queueMicrotask(() => tab.messageListeners.forEach((listener) => listener(copy, from.name)))
    }
  }

  #appoint(): void {
    const [first] = this.#open
    if (first === undefined || first.owner) return
    first.owner = true
    first.ownerListeners.forEach((listener) => listener(true))
  }
}

export class HubTabs implements Tabs {
  readonly name: string
  readonly #hub: TabsHub
  readonly ownerListeners = new Set<(owner: boolean) => void>()
  readonly messageListeners = new Set<(message: TabMessage, tab: string) => void>()
  readonly goneListeners = new Set<(tab: string) => void>()
  readonly missedListeners = new Set<() => void>()
  owner = false
  #closed = false

  constructor(hub: TabsHub, name: string) {
    this.#hub = hub
    this.name = name
  }

  onOwner(listener: (owner: boolean) => void): () => void {
    this.ownerListeners.add(listener)
    return () => void this.ownerListeners.delete(listener)
  }

  onMessage(listener: (message: TabMessage, tab: string) => void): () => void {
    this.messageListeners.add(listener)
    return () => void this.messageListeners.delete(listener)
  }

  onGone(listener: (tab: string) => void): () => void {
    this.goneListeners.add(listener)
    return () => void this.goneListeners.delete(listener)
  }

  onMissed(listener: () => void): () => void {
    this.missedListeners.add(listener)
    return () => void this.missedListeners.delete(listener)
  }

  post(message: TabMessage): void {
    if (!this.#closed) this.#hub.deliver(message, this)
  }

  open(): void {
    if (!this.#closed) this.#hub.enter(this)
  }

  close(): void {
    this.#closed = true
    this.owner = false
    this.#hub.leave(this)
  }
}
