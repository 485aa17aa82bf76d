/**
 * Whose the client IDs of one room are: each belongs to the subject that first wrote with it, and nobody else may write
 * with it. Pure. What the log has is loaded when the room opens; a claim counts from the moment it is judged, and is
 * durable once the append that carries it is.
 *
 * Whoever pushes is not always who wrote. A relay that lost its log gets everything back from whichever client comes
 * first, other people's work among it; were that a claim, they could not go on writing. So an ID that has no owner is
 * claimed only where the writer is not in doubt:
 *
 * - by a subject whose awareness announces it in this room at the time;
 * - else, if nobody else's awareness announces it, by a push that is not a refill, and brings units of one client ID
 *   without an owner, and no more.
 *
 * What is not claimed is nobody's, and anybody may write with it: a forgery that names nobody. The reasons, and what
 * this costs, are in docs/decisions/0011-attribution.md.
 */
import type { ClientOwner } from '../log/update-log.ts'
import { SparseMap } from '../sparse-map.ts'

export interface ClientOwnersLimits {
  /** Client IDs with an owner in one room. Further ones get none. */
  readonly clientOwnersMax: number
}

/** A push, as far as attribution is concerned. */
export interface Writing {
  /** Absent: nobody in particular, who owns nothing and may not write with what is owned. */
  readonly subject: string | undefined
  /** The client IDs of which it brings units that the room lacks. Deletions are free, and so is what is known. */
  readonly clientIds: Iterable<number>
  /** Whether it may bring what others wrote: an answer to the relay's asking for what it lacks. */
  readonly refill: boolean
  /** The subject that announces a client ID by awareness now; `undefined`: nobody, or nobody in particular. */
  readonly announcer: (clientId: number) => string | undefined
}

export type Judgement =
  /** `claims` go into the append; then tell {@link ClientOwners.settle} how it went. */
  | { readonly kind: 'allowed'; readonly claims: readonly number[] }
  /** `durable`: the log has it that this ID is another's; else it may be free again. */
  | { readonly kind: 'foreign'; readonly clientId: number; readonly durable: boolean }

const nothingClaimed: Judgement = { kind: 'allowed', claims: [] }

export class ClientOwners {
  readonly #limits: ClientOwnersLimits
  readonly #owners = new SparseMap<number, string>()
  /** Appends under way that carry a claim, by client ID; without an entry, its claim is durable. */
  readonly #underWay = new SparseMap<number, number>()
  /** Each subject as one string, however often it was read. */
  readonly #subjects = new SparseMap<string, string>()

  constructor(limits: ClientOwnersLimits) {
    this.#limits = limits
  }

  /** Client IDs with an owner. */
  get size(): number {
    return this.#owners.size
  }

  /** Takes what the log has. Those above the bound keep their owners: the bound may have been higher. */
  load(owners: Iterable<ClientOwner>): void {
    for (const { clientId, subject } of owners) this.#owners.set(clientId, this.#intern(subject))
  }

  /** Judges a push, and claims for its subject what it may claim. Cost: its client IDs. */
  judge({ subject, clientIds, refill, announcer }: Writing): Judgement {
    // Where nobody is authenticated, which is asked for every keystroke.
    if (subject === undefined && this.#owners.size === 0) return nothingClaimed
    const unowned: number[] = []
    const claims: number[] = []
    for (const clientId of clientIds) {
      const owner = this.#owners.get(clientId)
      if (owner === undefined) unowned.push(clientId)
      else if (owner !== subject) return { kind: 'foreign', clientId, durable: !this.#underWay.has(clientId) }
      // Carried again until it is durable: the append that was to make it so may fail.
      else if (this.#underWay.has(clientId)) claims.push(clientId)
    }
    if (subject !== undefined) {
      const alone = !refill && unowned.length === 1
      for (const clientId of unowned) {
        const announcedBy = announcer(clientId)
        const certain = announcedBy === subject || (alone && announcedBy === undefined)
        if (certain && this.#owners.size < this.#limits.clientOwnersMax) {
          this.#owners.set(clientId, this.#intern(subject))
          claims.push(clientId)
        }
      }
    }
    for (const clientId of claims) this.#underWay.set(clientId, (this.#underWay.get(clientId) ?? 0) + 1)
    return { kind: 'allowed', claims }
  }

  /** The append that carried `claims` is durable, or failed. Once for each judgement that allowed. */
  settle(claims: readonly number[], durable: boolean): void {
    for (const clientId of claims) {
      const underWay = this.#underWay.get(clientId)
      // Another append has made it durable meanwhile.
      if (underWay === undefined) continue
      if (!durable && underWay > 1) this.#underWay.set(clientId, underWay - 1)
      else {
        this.#underWay.delete(clientId)
        if (!durable) this.#owners.delete(clientId)
      }
    }
  }

  #intern(subject: string): string {
    const known = this.#subjects.get(subject)
    if (known === undefined) this.#subjects.set(subject, subject)
    return known ?? subject
  }
}
