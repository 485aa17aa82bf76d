/**
 * A tab that is alone: Node, a browser without Web Locks or BroadcastChannel, or a device store that is not shared. It is the
 * owner from `open` to `close`, and nobody hears what it posts.
 */
import type { TabMessage, Tabs } from './tabs.ts'

export class SoloTabs implements Tabs {
  readonly #ownerListeners = new Set<(owner: boolean) => void>()
  #state: 'inert' | 'open' | 'closed' = 'inert'

  get owner(): boolean {
    return this.#state === 'open'
  }

  onOwner(listener: (owner: boolean) => void): () => void {
    this.#ownerListeners.add(listener)
    return () => void this.#ownerListeners.delete(listener)
  }

  post(_message: TabMessage): void {}

  onMessage(_listener: (message: TabMessage, tab: string) => void): () => void {
    return () => undefined
  }

  onGone(_listener: (tab: string) => void): () => void {
    return () => undefined
  }

  onMissed(_listener: () => void): () => void {
    return () => undefined
  }

  /** This tab becomes the owner, and listeners are told, before `open` returns. */
  open(): void {
    if (this.#state !== 'inert') return
    this.#state = 'open'
    for (const listener of this.#ownerListeners) listener(true)
  }

  close(): void {
    const owned = this.owner
    this.#state = 'closed'
    if (owned) for (const listener of this.#ownerListeners) listener(false)
    this.#ownerListeners.clear()
  }
}
