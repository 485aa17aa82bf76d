/**
 * The tabs of one origin, by BroadcastChannel and Web Locks: the driver of tabs-machine.ts. Locks, all of this origin and name:
 *
 * - `syncline:<name>:owner` is held by the owner; the followers stand in its queue.
 * - `syncline:<name>:tab:<tab>` is held by each tab as long as it lives. Whoever hears of a tab asks for its lock, shared: to get
 *   it is to know that the tab is gone, however it ended.
 */
import { withOwnBuffer } from '../device-store/own-buffer.ts'
import { systemScheduler, type Scheduler } from '../scheduler.ts'
import { SoloTabs } from './solo-tabs.ts'
import { nextTabState, OWNER_ASK_MS, type TabEffect, type TabEvent, type TabState } from './tabs-machine.ts'
import type { TabMessage, Tabs } from './tabs.ts'

export interface BrowserTabsOptions {
  /** Tabs of one origin and name belong together: the name of the device store. */
  readonly name: string
  readonly scheduler?: Pick<Scheduler, 'after'>
  /** From 0 up to 1. */
  readonly random?: () => number
  /** What a simulation puts in the place of the browser. */
  readonly platform?: TabsPlatform
}

/** As much of a `BroadcastChannel` as is used here. */
export interface TabsChannel {
  postMessage(data: unknown): void
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  close(): void
}

/** What tabs of one origin share. */
export interface TabsPlatform {
  readonly openChannel: (name: string) => TabsChannel
  /** As `LockManager.request`. Rejects where the browser throws: a page whose origin is opaque, or that is being torn down. */
  readonly requestLock: (name: string, options: LockOptions, granted: () => Promise<void> | void) => Promise<void>
  /** A name that no other tab has. */
  readonly newTabName: () => string
}

const browserPlatform: TabsPlatform = {
  openChannel: (name) => new BroadcastChannel(name),
  requestLock: async (name, options, granted) => {
    await navigator.locks.request(name, options, granted)
  },
  newTabName: () => crypto.randomUUID(),
}

/** Tabs may run different versions of this code: what is not understood is passed over. */
type Saying =
  | { readonly type: 'message'; readonly message: TabMessage }
  | { readonly type: 'ask' | 'here' }
  | { readonly type: 'replaced'; readonly replaced: string }

/**
 * What goes over the channel. `number` counts what the tab said, from 1. A gap tells the hearer that it missed something:
 * browsers drop what is said to a page that is stopped.
 */
type Envelope = { readonly tab: string; readonly number: number } & Saying

/** Messages kept while the tab's own lock is not granted yet, which takes a moment. More are dropped: the others notice. */
export const MESSAGES_WAITING_MAX = 1_000

/**
 * Tabs for a device store that is shared: the browser's where it has what it takes, else solo. What is lost then (Web Locks are
 * missing in pages that are neither https nor localhost): each tab has a connection of its own, and sees the edits of the
 * others by way of the relay, or after a reload.
 */
export function tabsOfOrigin(options: BrowserTabsOptions): Tabs {
  const { BroadcastChannel: channel, navigator: browser }: Partial<typeof globalThis> = globalThis
  const able = channel !== undefined && (browser as Partial<Navigator> | undefined)?.locks !== undefined
  return able ? new BrowserTabs(options) : new SoloTabs()
}

export class BrowserTabs implements Tabs {
  /** What this tab is called among the others. */
  readonly tab: string
  readonly #prefix: string
  readonly #scheduler: Pick<Scheduler, 'after'>
  readonly #random: () => number
  readonly #platform: TabsPlatform
  readonly #ownerListeners = new Set<(owner: boolean) => void>()
  readonly #messageListeners = new Set<(message: TabMessage, tab: string) => void>()
  readonly #goneListeners = new Set<(tab: string) => void>()
  readonly #missedListeners = new Set<() => void>()
  /** The tabs that are watched, and the number of the last that was heard from each. */
  readonly #heard = new Map<string, number>()
  /** Ends every lock and every wait for one but the owner's. */
  readonly #closing = new AbortController()
  #state: TabState = { type: 'inert' }
  #said = 0
  #channel: TabsChannel | undefined
  /** What is said before the others could tell that this tab lives; `undefined` once they can. */
  #waiting: Envelope[] | undefined = []
  /** The hold on the owner's lock, or the place in its queue. Aborting it gives up either. */
  #turn: AbortController | undefined
  #stopAlarm = (): void => undefined

  constructor(options: BrowserTabsOptions) {
    this.#prefix = `syncline:${options.name}`
    this.#scheduler = options.scheduler ?? systemScheduler
    this.#random = options.random ?? Math.random
    this.#platform = options.platform ?? browserPlatform
    this.tab = this.#platform.newTabName()
  }

  get owner(): boolean {
    return this.#state.type === 'owning'
  }

  onOwner(listener: (owner: boolean) => void): () => void {
    return subscribe(this.#ownerListeners, listener)
  }

  onMessage(listener: (message: TabMessage, tab: string) => void): () => void {
    return subscribe(this.#messageListeners, listener)
  }

  onGone(listener: (tab: string) => void): () => void {
    return subscribe(this.#goneListeners, listener)
  }

  onMissed(listener: () => void): () => void {
    return subscribe(this.#missedListeners, listener)
  }

  /** Before `open` and after `close`, nobody hears it. */
  post(message: TabMessage): void {
    this.#say({ type: 'message', message: forCloning(message) })
  }

  open(): void {
    if (this.#state.type !== 'inert') return
    this.#channel = this.#platform.openChannel(this.#prefix)
    this.#channel.addEventListener('message', ({ data }) => this.#hear(data))
    this.#showLife()
    this.#dispatch({ type: 'open' })
  }

  close(): void {
    this.#dispatch({ type: 'close' })
    this.#closing.abort()
    this.#channel?.close()
    this.#channel = undefined
    for (const listeners of [
      this.#ownerListeners,
      this.#messageListeners,
      this.#goneListeners,
      this.#missedListeners,
    ]) {
      listeners.clear()
    }
  }

  #dispatch(event: TabEvent): void {
    const { state, effects } = nextTabState(this.#state, event)
    this.#state = state
    for (const effect of effects) this.#perform(effect)
  }

  #perform(effect: TabEffect): void {
    switch (effect.type) {
      case 'queue':
        return this.#requestOwnership(false)
      case 'steal':
        return this.#requestOwnership(true)
      case 'release':
        return this.#turn?.abort()
      case 'say':
        return this.#say(
          effect.what === 'replaced' ? { type: 'replaced', replaced: effect.tab } : { type: effect.what },
        )
      case 'set-alarm':
        this.#stopAlarm()
        this.#stopAlarm = this.#scheduler.after(OWNER_ASK_MS * (1 + this.#random() / 2), () =>
          this.#dispatch({ type: 'time-to-ask' }),
        )
        return
      case 'stop-alarm':
        return this.#stopAlarm()
      case 'owner':
        for (const listener of this.#ownerListeners) listener(effect.owner)
        return
      case 'gone':
        for (const listener of this.#goneListeners) listener(effect.tab)
    }
  }

  #requestOwnership(steal: boolean): void {
    this.#turn?.abort()
    const turn = new AbortController()
    this.#turn = turn
    const granted = (): Promise<void> | void => {
      // Given up while the grant was on its way: returning gives the lock back.
      if (turn.signal.aborted) return
      this.#dispatch({ type: 'granted' })
      return aborted(turn.signal)
    }
    // A theft waits for nobody, so the browser lets nobody call it off.
    const options: LockOptions = steal ? { steal } : { signal: turn.signal }
    this.#platform.requestLock(`${this.#prefix}:owner`, options, granted).catch((error: unknown) => {
      if (this.#turn !== turn || turn.signal.aborted) return
      this.#dispatch({ type: isAbort(error) ? 'lost' : 'refused' })
    })
  }

  /** Takes this tab's own lock; only then do the others hear of it, or they would find the lock free and think it gone. */
  #showLife(): void {
    const speak = (): void => {
      const waiting = this.#waiting ?? []
      this.#waiting = undefined
      for (const envelope of waiting) this.#send(envelope)
    }
    const { signal } = this.#closing
    const alive = (): Promise<void> => {
      speak()
      return aborted(signal)
    }
    // Refused, the tab speaks all the same: others will think it gone, and hear from it again.
    this.#platform.requestLock(this.#lockOf(this.tab), { signal }, alive).catch(speak)
  }

  /** Notices the end of a tab that was heard of. */
  #watch(tab: string): void {
    const { signal } = this.#closing
    const gone = (): void => {
      this.#heard.delete(tab)
      if (!signal.aborted) this.#perform({ type: 'gone', tab })
    }
    // Rejected, because this tab closes or the browser refuses: nobody is told that the other is gone, as nobody knows.
    this.#platform.requestLock(this.#lockOf(tab), { mode: 'shared', signal }, gone).catch(() => undefined)
  }

  #hear(data: unknown): void {
    if (!isEnvelope(data) || data.tab === this.tab) return
    this.#count(data)
    switch (data.type) {
      case 'message':
        for (const listener of this.#messageListeners) listener(data.message, data.tab)
        return
      case 'ask':
        return this.#dispatch({ type: 'asked' })
      case 'here':
        return this.#dispatch({ type: 'here', tab: data.tab })
      case 'replaced':
        // To the tab that was replaced itself, thawed by now, the lock tells the same.
        if (data.replaced !== this.tab) this.#perform({ type: 'gone', tab: data.replaced })
    }
  }

  /** A tab that is heard of for the first time may have said something before: that counts as missed, as it was. */
  #count({ tab, number }: Envelope): void {
    const last = this.#heard.get(tab)
    this.#heard.set(tab, number)
    if (last === undefined) this.#watch(tab)
    if (number > (last ?? 0) + 1) for (const listener of this.#missedListeners) listener()
  }

  #say(saying: Saying): void {
    if (this.#channel === undefined) return
    const envelope: Envelope = { tab: this.tab, number: (this.#said += 1), ...saying }
    if (this.#waiting === undefined) this.#send(envelope)
    else if (this.#waiting.length < MESSAGES_WAITING_MAX) this.#waiting.push(envelope)
  }

  #send(envelope: Envelope): void {
    this.#channel?.postMessage(envelope)
  }

  #lockOf(tab: string): string {
    return `${this.#prefix}:tab:${tab}`
  }
}

function subscribe<Listener>(listeners: Set<Listener>, listener: Listener): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}

function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError'
}

function isEnvelope(data: unknown): data is Envelope {
  if (typeof data !== 'object' || data === null) return false
  const { tab, number, type, message, replaced } = data as Record<string, unknown>
  if (typeof tab !== 'string' || typeof number !== 'number') return false
  switch (type) {
    case 'message':
      return typeof message === 'object' && message !== null
    case 'replaced':
      return typeof replaced === 'string'
    default:
      return type === 'ask' || type === 'here'
  }
}

function forCloning(message: TabMessage): TabMessage {
  if ('update' in message) return { ...message, update: withOwnBuffer(message.update) }
  if ('payload' in message) return { ...message, payload: withOwnBuffer(message.payload) }
  return message
}
