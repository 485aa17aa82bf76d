/** A room of a {@link SimulatedRelay}: its members, what they are told of its log, and who is here. */
import { diffUpdate, emptyUpdate, mergeUpdates } from '@syncline/core'
import { encodeAwareness, type Access, type AwarenessEntry, type MessageOf, type Position } from '@syncline/protocol'
import type { RelayLog } from './relay-log.ts'
import type { RelaySession } from './relay-session.ts'

/** A replica that was silent for so long is taken for gone. */
const AWARENESS_TTL_MS = 30_000

interface Presence extends AwarenessEntry {
  readonly owner: RelaySession
  readonly expiresAt: number
}

/** An entry that one flush has written. */
export interface FlushedEntry {
  readonly author: RelaySession | undefined
  readonly update: Uint8Array
  readonly position: Position
}

export class RelayRoom {
  readonly name: string
  readonly handle: number
  readonly log: RelayLog
  readonly members: Map<RelaySession, Access> = new Map()
  readonly #present = new Map<number, Presence>()

  constructor(name: string, handle: number, log: RelayLog) {
    this.name = name
    this.handle = handle
    this.log = log
  }

  join(session: RelaySession, { request, position, stateVector }: MessageOf<'join'>, access: Access): void {
    const { handle, log } = this
    const resumed = position !== undefined && log.isInHistory(position)
    this.members.set(session, access)
    const head = log.position
    session.send({ type: 'joined', request, handle, access, position: head, resumed, stateVector: log.stateVector })
    this.#sendAwareness([...this.#present.values()], [session])
    const seq = resumed ? position.seq : 0
    if (seq >= head.seq) return
    const update = seq > 0 ? mergeUpdates(log.after(seq)) : diffUpdate(log.content, stateVector)
    session.send({ type: 'updates', handle, position: head, update })
  }

  leave(session: RelaySession): void {
    if (!this.members.delete(session)) return
    this.#forget(({ owner }) => owner === session)
  }

  /** One flush has written `entries`, in order; their authors were told. */
  tell(entries: readonly FlushedEntry[]): void {
    const [first] = entries
    const last = entries.at(-1)
    if (first === undefined || last === undefined) return
    const { handle } = this
    const { position } = last
    const only = entries.every(({ author }) => author === first.author) ? first.author : undefined
    const update = mergeUpdates(entries.map((entry) => entry.update))
    for (const member of this.members.keys()) {
      if (member !== only) member.send({ type: 'updates', handle, position, update })
      // Of a single entry, the ack has said where it is.
      else if (entries.length > 1) member.send({ type: 'updates', handle, position, update: emptyUpdate() })
    }
  }

  announce(session: RelaySession, entries: readonly AwarenessEntry[], now: number): void {
    const news = entries.filter((entry) => this.#isNews(session, entry, now))
    this.#sendAwareness(
      news,
      [...this.members.keys()].filter((member) => member !== session),
    )
  }

  /** Forgets those who were silent for too long. */
  tick(now: number): void {
    this.#forget(({ expiresAt }) => expiresAt <= now)
  }

  #isNews(owner: RelaySession, entry: AwarenessEntry, now: number): boolean {
    const { clientID, clock, state } = entry
    const held = this.#present.get(clientID)
    const expiresAt = now + AWARENESS_TTL_MS
    if (held !== undefined && clock < held.clock) return false
    if (held !== undefined && clock === held.clock && state !== null) {
      if (held.owner === owner) this.#present.set(clientID, { ...held, expiresAt })
      return false
    }
    if (state === null) this.#present.delete(clientID)
    else this.#present.set(clientID, { clientID, clock, state, owner, expiresAt })
    return true
  }

  #forget(isGone: (presence: Presence) => boolean): void {
    const gone = [...this.#present.values()].filter(isGone)
    for (const { clientID } of gone) this.#present.delete(clientID)
    this.#sendAwareness(
      gone.map(({ clientID, clock }) => ({ clientID, clock, state: null })),
      [...this.members.keys()],
    )
  }

  #sendAwareness(entries: readonly AwarenessEntry[], members: readonly RelaySession[]): void {
    if (entries.length === 0) return
    const payload = encodeAwareness(entries.map(({ clientID, clock, state }) => ({ clientID, clock, state })))
    for (const member of members) member.send({ type: 'awareness', handle: this.handle, payload })
  }
}
