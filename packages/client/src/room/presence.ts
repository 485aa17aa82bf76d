/**
 * One room's awareness: who is here and where, as y-protocols keeps it and every editor binding expects it. Nothing of it is
 * stored. This object announces the local replica, renews it, and forgets the others when their tab or the connection is gone, or when
 * they were silent for too long. y-protocols would do the last two itself, but by the platform's clock, which people set back.
 */
import { decodeAwareness } from '@syncline/protocol'
import {
  Awareness,
  applyAwarenessUpdate,
  encodeAwarenessUpdate,
  outdatedTimeout,
  removeAwarenessStates,
} from 'y-protocols/awareness'
import type { Doc as YjsDoc } from 'yjs'
import { ClientLimits } from '../limits.ts'
import type { Scheduler } from '../scheduler.ts'
import type { RoomDoc } from './room-doc.ts'

/** Where states come from that other devices announced. Other tabs go by their own names. */
export const FROM_RELAY = 'relay'

/** As y-protocols has it: a state is forgotten `outdatedTimeout` after it was heard, renewed after half of that, looked at ten times. */
const RENEWAL_MS = outdatedTimeout / 2
const LOOK_MS = outdatedTimeout / 10

interface AwarenessChange {
  readonly added: readonly number[]
  readonly updated: readonly number[]
  readonly removed: readonly number[]
}

export class Presence {
  readonly awareness: Awareness
  readonly #scheduler: Scheduler
  readonly #send: (payload: Uint8Array) => void
  /** Which replicas were heard of from where, last. */
  readonly #sources = new Map<number, string>()
  /** When the state of each replica, this one's too, was set last. */
  readonly #setAt = new Map<number, number>()
  #cancelLook: (() => void) | undefined
  #cancelSend: (() => void) | undefined
  #sentAt = Number.NEGATIVE_INFINITY
  #cancelLost: (() => void) | undefined

  /** `send` takes this replica's state to the other tabs and the relay, as an awareness update. */
  constructor(doc: RoomDoc, scheduler: Scheduler, send: (payload: Uint8Array) => void) {
    this.#scheduler = scheduler
    this.#send = send
    // It reads the client ID of the document and hears of its end; its type asks for all of a `Y.Doc`.
    this.awareness = new Awareness(doc as YjsDoc)
    clearInterval(this.awareness._checkInterval)
    this.awareness.on('update', this.#onUpdate)
    this.#setAt.set(this.awareness.clientID, scheduler.now())
    this.#lookLater()
  }

  /** States that arrived. The payload must decode. */
  receive(payload: Uint8Array, source: string): void {
    for (const { clientID, state } of decodeAwareness(payload)) {
      if (state === null) this.#sources.delete(clientID)
      else this.#sources.set(clientID, source)
    }
    applyAwarenessUpdate(this.awareness, payload, this)
  }

  /** Somebody new listens: says again who is here, with a new clock, so that nobody takes it for old news. */
  announce(): void {
    this.renew()
    this.flush()
  }

  /** As {@link Presence.announce}, with the next thing that there is to send: many newcomers at once cost little more than one. */
  renew(): void {
    this.awareness.setLocalState(this.awareness.getLocalState())
  }

  /** The states from this source are out of date for good. */
  forget(source: string): void {
    const clients = [...this.#sources].filter(([, from]) => from === source).map(([clientID]) => clientID)
    for (const clientID of clients) this.#sources.delete(clientID)
    const remote = clients.filter((clientID) => clientID !== this.awareness.clientID)
    if (remote.length > 0) removeAwarenessStates(this.awareness, remote, this)
  }

  /** Whether the relay can be heard. The states from there outlive a short interruption. */
  setLive(live: boolean): void {
    if (live) {
      this.#cancelLost?.()
      this.#cancelLost = undefined
      return
    }
    this.#cancelLost ??= this.#scheduler.after(ClientLimits.awarenessLostMs, () => {
      this.#cancelLost = undefined
      this.forget(FROM_RELAY)
    })
  }

  /** Sends what waits at once. */
  flush(): void {
    if (this.#cancelSend === undefined) return
    this.#cancelSend()
    this.#sendNow()
  }

  /** Says that this replica is gone, and stops. Idempotent. */
  close(): void {
    this.awareness.setLocalState(null)
    this.flush()
    this.awareness.off('update', this.#onUpdate)
    this.awareness.destroy()
    this.#cancelLook?.()
    this.#cancelLost?.()
    this.#cancelLost = undefined
  }

  /** Others may tell us that we are gone; y-protocols then takes a higher clock, which has to be announced too. */
  readonly #onUpdate = ({ added, updated, removed }: AwarenessChange): void => {
    const own = this.awareness.clientID
    const now = this.#scheduler.now()
    for (const clientID of [...added, ...updated]) this.#setAt.set(clientID, now)
    // Also those that were silent for too long.
    for (const clientID of removed) {
      this.#sources.delete(clientID)
      this.#setAt.delete(clientID)
    }
    if (![added, updated, removed].some((clients) => clients.includes(own))) return
    if (this.#cancelSend !== undefined) return
    const dueMs = Math.max(0, this.#sentAt + ClientLimits.awarenessIntervalMs - this.#scheduler.now())
    this.#cancelSend = this.#scheduler.after(dueMs, () => this.#sendNow())
  }

  #lookLater(): void {
    this.#cancelLook = this.#scheduler.after(LOOK_MS, () => {
      this.#lookLater()
      const now = this.#scheduler.now()
      const own = this.awareness.clientID
      const silentMs = (clientID: number): number => now - (this.#setAt.get(clientID) ?? now)
      if (this.awareness.getLocalState() !== null && silentMs(own) >= RENEWAL_MS) this.renew()
      const silent = [...this.#setAt.keys()].filter(
        (clientID) => clientID !== own && silentMs(clientID) >= outdatedTimeout,
      )
      if (silent.length > 0) removeAwarenessStates(this.awareness, silent, 'timeout')
    })
  }

  #sendNow(): void {
    this.#cancelSend = undefined
    this.#sentAt = this.#scheduler.now()
    this.#send(encodeAwarenessUpdate(this.awareness, [this.awareness.clientID]))
  }
}
