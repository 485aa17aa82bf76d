/**
 * What one transaction changed: which clients got units, which units were deleted, which types and keys are different. It is kept in flat lists of numbers, and
 * made into the maps and sets of Yjs for whoever asks.
 *
 * Those maps are exact while the transaction and its events run. Asked for the first time later, they show what is known of the document then.
 */
import { IdSet } from '../id-set.ts'
import type { DocCore } from './doc-core.ts'
import { DeleteSet } from './delete-set.ts'
import { entryOfParent, NONE } from './row-table.ts'
import type { SharedType } from './shared-type.ts'
import type { YEvent } from './event.ts'

/** Shared by all transactions that have none: most change one client and one type, and an empty array grows to seventeen places at the first push. */
const nothing: number[] = []
const noKeys: ReadonlySet<string | null> = new Set()

/** What somebody asked a transaction for; most are never asked. */
class Asked {
  meta: Map<unknown, unknown> | null = null
  deletedIds: IdSet | null = null
  deleteSet: DeleteSet | null = null
  beforeState: Map<number, number> | null = null
  afterState: Map<number, number> | null = null
  changed: Map<SharedType, Set<string | null>> | null = null
  events: Map<SharedType, YEvent> | null = null
  changedParentTypes: Map<SharedType, YEvent[]> | null = null
  /** How long the list of told types was then. */
  told = 0
  subdocs: { added: Set<DocCore>; removed: Set<DocCore>; loaded: Set<DocCore> } | null = null
}

export class Transaction {
  readonly doc: DocCore
  /** Whatever the caller passed: who made the change. */
  origin: unknown
  /** Whether the change was made here; false for updates that were applied. */
  local: boolean
  /** Rises by one with each transaction of the document. */
  readonly serial: number

  /** Flat: client index, and the clock it had before. */
  touched: readonly number[] = nothing
  /** Flat: client ID, start, end; in the order in which units were deleted, which is that of Yjs. */
  deleted: readonly number[] = nothing
  /** Flat: type, and the entry that changed or NONE for its list. */
  changes: readonly number[] = nothing
  /** As {@link changes}: the types that were still there when their observers' turn came; null before the first turn. */
  told: readonly number[] | null = null
  /** Flat: client index and clock of rows that may be one run with a neighbour: they were cut, or lost their parent, or Yjs would have cut there. */
  loose: readonly number[] = nothing
  /** Whether rows were deleted or added that may have to be collected or merged. */
  hasLooseEnds = false
  /** Whether rows were deleted that still have content. */
  hasCollectable = false
  /** Types that it deleted: whatever happened to them before, they are not among those that changed. */
  deletedTypes: Set<number> | null = null
  /** Whether it brought back a document as it was: then its formatting is as tidy as it was. */
  isRestored = false
  /** How many transactions of the round had run when its own cleanup began. */
  seenTransactions = 0
  /** Whether units of this document's own client ID came from elsewhere: somebody else writes under it. */
  receivedOwnUnits = false

  #asked: Asked | null = null
  #event: YEvent | null = null

  constructor(doc: DocCore, origin: unknown, local: boolean, serial: number) {
    this.doc = doc
    this.origin = origin
    this.local = local
    this.serial = serial
  }

  /** For apps and bindings to leave notes for each other. */
  get meta(): Map<unknown, unknown> {
    return (this.#memo.meta ??= new Map())
  }

  /** The units that were deleted. After the transaction's function has returned it does not change. */
  get deletedIds(): IdSet {
    return (this.#memo.deletedIds ??= IdSet.of(this.deleted))
  }

  /** The same as Yjs has it. */
  get deleteSet(): DeleteSet {
    return (this.#memo.deleteSet ??= DeleteSet.ofRanges(this.deleted))
  }

  /** Client → next clock, before the transaction. */
  get beforeState(): Map<number, number> {
    return (this.#memo.beforeState ??= this.doc.tables.clients.stateVector(this.#view()))
  }

  /** Client → next clock, when its events began. Before that, the state of now. */
  get afterState(): Map<number, number> {
    const { clients } = this.doc.tables
    if (this.seenTransactions === 0) return clients.stateVector()
    // What ran since then belongs to others.
    const later = this.doc.round.slice(this.seenTransactions)
    return (this.#memo.afterState ??= clients.stateVector(clocksBefore(later)))
  }

  /** The types that changed, with the keys that did, and null for the list. Types that were added or deleted as a whole are not among them. */
  get changed(): Map<SharedType, Set<string | null>> {
    if (this.#memo.changed === null || this.seenTransactions === 0) this.#memo.changed = this.#changedTypes()
    return this.#memo.changed
  }

  /** The types that changed, or in whose descendants something did, with the events of those. For listeners from `afterTransaction` on. */
  get changedParentTypes(): Map<SharedType, YEvent[]> {
    const memo = this.#memo
    const told = this.told?.length ?? 0
    if (memo.changedParentTypes !== null && memo.told === told) return memo.changedParentTypes
    const events = new Map<SharedType, YEvent[]>()
    for (const type of this.changed.keys()) {
      // Observers are not told of what was gone when their turn came, and what they are told of is listed here.
      if (!this.#isTold(type.handle)) continue
      const event = this.eventOf(type)
      for (let at: SharedType | null = type; at !== null; at = at.parent) {
        const known = events.get(at)
        if (known === undefined) events.set(at, [event])
        else known.push(event)
      }
    }
    if (this.seenTransactions > 0) {
      memo.changedParentTypes = events
      memo.told = told
    }
    return events
  }

  #isTold(type: number): boolean {
    const { told } = this
    return told === null ? !this.doc.isTypeDeleted(type) : told.some((each, at) => at % 2 === 0 && each === type)
  }

  /** The event of a type that changed: one for all who are told. */
  eventOf(type: SharedType): YEvent {
    // Most transactions have one event.
    if (this.#event === null) return (this.#event = type.createEvent(this))
    if (this.#event.target === type) return this.#event
    const events = (this.#memo.events ??= new Map())
    let event = events.get(type)
    if (event === undefined) events.set(type, (event = type.createEvent(this)))
    return event
  }

  /** The keys of a type that changed, and null for its list. */
  keysOf(type: SharedType): ReadonlySet<string | null> {
    return this.changed.get(type) ?? noKeys
  }

  get subdocsAdded(): Set<DocCore> {
    return this.#subdocSets().added
  }

  get subdocsRemoved(): Set<DocCore> {
    return this.#subdocSets().removed
  }

  get subdocsLoaded(): Set<DocCore> {
    return this.#subdocSets().loaded
  }

  /** Whether any subdocument was added, removed or loaded. */
  get hasSubdocs(): boolean {
    const sets = this.#asked?.subdocs ?? null
    return sets !== null && sets.added.size + sets.removed.size + sets.loaded.size > 0
  }

  /** The client is about to get units. */
  touch(client: number): void {
    const { clients } = this.doc.tables
    if (clients.touchedBy(client) === this.serial) return
    clients.setTouched(client, this.serial, clients.state(client))
    this.touched = added(this.touched, client, clients.state(client))
  }

  /** Units were deleted. */
  addDeleted(client: number, start: number, end: number): void {
    const deleted = this.deleted as number[]
    const last = deleted.length - 3
    if (last < 0) this.deleted = [client, start, end]
    else if (deleted[last] === client && deleted[last + 2] === start) deleted[last + 2] = end
    else deleted.push(client, start, end)
  }

  /** A row begins at this clock that may be one run with a neighbour. */
  addLoose(client: number, clock: number): void {
    this.loose = added(this.loose, client, clock)
  }

  /** Something changed in the list or under the key that a parent column names. Says nothing of types that are new or gone. */
  addChanged(parent: number): void {
    const { types, entries, rows, clients } = this.doc.tables
    // The list of one type changes again and again, as in a load.
    if (parent >= 0 && types.changedBy(parent) === this.serial) return
    const entry = parent >= 0 ? NONE : entryOfParent(parent)
    const type = parent >= 0 ? parent : entries.type(entry)
    if ((entry === NONE ? types.changedBy(type) : entries.changedBy(entry)) === this.serial) return
    const item = types.item(type)
    if (item !== NONE) {
      if (item < 0 || rows.isDeleted(item)) return
      const client = rows.client(item)
      if (clients.touchedBy(client) === this.serial && rows.clock(item) >= clients.touchedAt(client)) return
    }
    if (entry === NONE) types.setChangedBy(type, this.serial)
    else entries.setChangedBy(entry, this.serial)
    this.changes = added(this.changes, type, entry)
  }

  /** The clock that a client had before the transaction. To be asked in its events; see {@link view}. */
  clockBefore(client: number): number {
    const { clients } = this.doc.tables
    return clients.viewedBy(client) === this.serial ? clients.viewedAt(client) : clients.state(client)
  }

  /** Makes {@link clockBefore} speak of this transaction: others may have run since, and each remembers only what it touched itself. */
  view(): void {
    const { doc } = this
    if (doc.round.length === 1) {
      this.#viewAlone()
      return
    }
    if (doc.viewed === this && doc.round.length === doc.viewedTransactions) return
    const { clients } = doc.tables
    for (const [client, clock] of this.#view()) {
      clients.setViewed(client, this.serial, clock)
    }
    doc.viewed = this
    doc.viewedTransactions = doc.round.length
  }

  /** Nobody else has run: what it touched is all. */
  #viewAlone(): void {
    const { clients } = this.doc.tables
    const { touched } = this
    for (let at = 0; at < touched.length; at += 2) {
      clients.setViewed(touched[at]!, this.serial, touched[at + 1]!)
    }
  }

  /** Whether a unit was inserted by this transaction, or after it. */
  adds(client: number, clock: number): boolean {
    return clock >= this.clockBefore(client)
  }

  /** Whether the transaction deleted a unit. */
  deletes(client: number, clock: number): boolean {
    return this.deleted.length > 0 && this.deletedIds.has(this.doc.tables.clients.ids[client]!, clock)
  }

  /** Client indices with units that were not there before the transaction, each with the clock it had then. Flat. */
  touchedSince(end: number): readonly number[] {
    const { round } = this.doc
    if (round.length === 1) return this.touched
    const from = round.indexOf(this)
    if (from === end - 1) return this.touched
    const flat: number[] = []
    for (const [client, clock] of this.#view(end)) flat.push(client, clock)
    return flat
  }

  /** Client index → clock before, of what this transaction and those after it touched. */
  #view(end: number = this.doc.round.length): Map<number, number> {
    const { round } = this.doc
    const from = round.indexOf(this)
    return clocksBefore(from < 0 ? [this] : round.slice(from, end))
  }

  #changedTypes(): Map<SharedType, Set<string | null>> {
    const { doc } = this
    const { entries } = doc.tables
    const changed = new Map<SharedType, Set<string | null>>()
    for (let at = 0; at < this.changes.length; at += 2) {
      const type = this.changes[at]!
      if (this.deletedTypes?.has(type) === true) continue
      const facade = doc.facade(type)
      let keys = changed.get(facade)
      if (keys === undefined) changed.set(facade, (keys = new Set()))
      const entry = this.changes[at + 1]!
      keys.add(entry === NONE ? null : entries.keyOf(entry))
    }
    return changed
  }

  get #memo(): Asked {
    return (this.#asked ??= new Asked())
  }

  #subdocSets(): { added: Set<DocCore>; removed: Set<DocCore>; loaded: Set<DocCore> } {
    return (this.#memo.subdocs ??= { added: new Set(), removed: new Set(), loaded: new Set() })
  }
}

/** Client index → clock before the transactions, of what any of them touched. */
function clocksBefore(transactions: readonly Transaction[]): Map<number, number> {
  const before = new Map<number, number>()
  for (const { touched } of transactions) {
    for (let at = 0; at < touched.length; at += 2) {
      if (!before.has(touched[at]!)) before.set(touched[at]!, touched[at + 1]!)
    }
  }
  return before
}

/** The list with a pair more. The first pair makes a list of its own. */
function added(list: readonly number[], first: number, second: number): readonly number[] {
  if (list.length === 0) return [first, second]
  ;(list as number[]).push(first, second)
  return list
}
