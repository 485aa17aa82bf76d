/**
 * The port between the tabs of one origin. Each tab has its own replicas; one tab, the *owner*, holds the connection to the
 * relay for all. Messages are hints: what they tell is already in the device store, or is ephemeral.
 * Backends: solo (Node, or no shared store: this tab is alone and always the owner), and the browser's (BroadcastChannel and
 * Web Locks).
 */

/** What tabs say to each other. Structured-clonable; every tab but the sender receives it, in the sender's order. */
export type TabMessage =
  /** Row `row` of the room is in the device store. `ref` marks an edit made on this device. */
  | {
      readonly type: 'row'
      readonly room: string
      readonly row: number
      readonly ref: number | undefined
      readonly update: Uint8Array
    }
  /**
   * An update that the device store could not take; the others show it. With a `key`, it is an edit that the tab named there
   * holds in memory, the `seq`-th under that name: the owner pushes it. Under numbers up to `base`, nothing is held any more; of
   * numbers between that were not heard of, nothing is known.
   */
  | {
      readonly type: 'edit'
      readonly room: string
      readonly key: { readonly tab: string; readonly seq: number; readonly base: number } | undefined
      readonly update: Uint8Array
    }
  /** Ephemeral state, as an awareness update, of the sender's replica; `relayed`, of other devices' replicas, by the owner. */
  | { readonly type: 'awareness'; readonly room: string; readonly payload: Uint8Array; readonly relayed: boolean }
  /**
   * The sender has this room open. Who hears of it says who is here. `forgets`: its document does not keep the content of what is
   * deleted, so that the device need not either; unless all who have it open say so, the content is kept.
   */
  | { readonly type: 'open'; readonly room: string; readonly forgets?: boolean }
  /** The sender has this room open no longer. */
  | { readonly type: 'closed'; readonly room: string }
  /** A tab became the owner: everybody says again which rooms they have open. */
  | { readonly type: 'owner' }
  /** The user switched the connection of all tabs off, or on again. */
  | { readonly type: 'switch'; readonly offline: boolean }
  /** The owner's view of the connection and, per room, of the relay; opaque to the port. */
  | { readonly type: 'status'; readonly room: string | undefined; readonly status: unknown }

export interface Tabs {
  /** Whether this tab owns the connection now. */
  readonly owner: boolean
  /** Tells when `owner` changes, in both directions. Returns its undo. */
  onOwner(listener: (owner: boolean) => void): () => void
  post(message: TabMessage): void
  /** `tab` names the sender, for as long as that tab lives. */
  onMessage(listener: (message: TabMessage, tab: string) => void): () => void
  /** Tells when a tab is gone: closed, crashed, or replaced because it was frozen. */
  onGone(listener: (tab: string) => void): () => void
  /**
   * Tells when messages from other tabs were lost on the way here, as they are while this tab is frozen. Followers then read
   * again what the store has, and say again which rooms they have open; the owner asks everybody to, by `owner`.
   */
  onMissed(listener: () => void): () => void
  /** Starts taking part. */
  open(): void
  /** Gives ownership up and stops. Idempotent. */
  close(): void
}
