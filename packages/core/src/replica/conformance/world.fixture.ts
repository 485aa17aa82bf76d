/**
 * Several replicas, of one library or the other or of both at once, that edit, exchange updates in any order and form, and undo. A
 * *peer* is one place with one client ID; where it has two *sides*, both libraries get the same edits and the same deliveries, and must
 * do and say the same to the last byte.
 */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import type * as Y from 'yjs'
import * as ContentKind from '../../content-kind.ts'
import { isOfValues } from '../../content.ts'
import { decodeUpdateV2, encodeUpdateV2 } from '../../format-v2/update-v2.ts'
import { mergeUpdates as mergeCanonically } from '../../merge.ts'
import { splitStruct, type Struct } from '../../struct.ts'
import { decodeUpdate, encodeUpdate } from '../../update.ts'
import { bytesOfHex } from '../../golden-updates.fixture.ts'
import { keepJournal, reactionPlaces, watch, type Entry, type Place } from './journal.fixture.ts'
import { yjs, type Library } from './library.fixture.ts'
import { PlainCopy } from './plain-copy.fixture.ts'
import {
  expectAlike,
  hexOfBytes,
  joinedParts,
  plainDeep,
  plainOf,
  plainRoots,
  shown,
  type PlainPart,
} from './plain.fixture.ts'
import { smallestFailure } from './smallest-failure.fixture.ts'
import { editArbitrary, editOnce, sharedTypes, type Edit, type Features, type Hand } from './random-edit.fixture.ts'

/** What one peer does; what the numbers mean depends on the action. */
export interface Step extends Edit {
  readonly peer: number
  readonly action: number
}

export interface WorldOptions {
  /** Each peer's sides: one library, or two that must not be told apart. */
  readonly peers: readonly (readonly Library[])[]
  readonly features: Features
  /** Whether a peer drops the content of what was deleted. */
  readonly gc: readonly boolean[]
  /** Whether peers keep some of what was deleted, by `gcFilter`. */
  readonly filtered: boolean
  readonly undo: boolean
  /** Whether observers edit, and apply updates. */
  readonly reactions: boolean
}

export const stepArbitrary: fc.Arbitrary<Step> = fc
  .tuple(fc.record({ peer: fc.nat({ max: 5 }), action: fc.nat({ max: 59 }) }), editArbitrary())
  .map(([turn, edit]) => Object.assign(turn, edit))

/** Few edits, much that comes early or twice, and listeners that edit and apply it: rounds of several transactions. */
export const roundStepArbitrary: fc.Arbitrary<Step> = fc
  .tuple(
    fc.record({ peer: fc.nat({ max: 5 }), action: fc.constantFrom(0, 10, 34, 38, 39, 40, 41, 42, 43, 45, 50, 55, 56) }),
    editArbitrary(),
  )
  .map(([turn, edit]) => Object.assign(turn, edit))

/** Small, as Yjs draws them, and as large as they may become. */
const clientIds = [1, 4_294_967_295, Number.MAX_SAFE_INTEGER, 77, 2_147_483_648, 2 ** 40]

/** So many relative positions and snapshots a side follows, the latest. */
const FOLLOWED_MAX = 6

/** Between two checks of whole documents; what is emitted is checked at once. */
const STEPS_PER_CHECK = 10

/** What the history came to. */
export interface Outcome {
  readonly updates: number
  readonly undone: number
  readonly events: number
}

/**
 * Plays the steps and delivers everything to everybody. Throws at the first difference; the error has the fewest of the steps that fail
 * alike, and what they did as code.
 */
export function playWorld(steps: readonly Step[], options: WorldOptions): Outcome {
  try {
    return new World(options, null).play(steps)
  } catch (failure) {
    const looked = wayOf(failure)
    const smallest = smallestFailure(steps, (fewer) => {
      try {
        new World(options, null).play(fewer)
        return false
      } catch (other) {
        return wayOf(other) === looked
      }
    })
    const story: string[] = []
    try {
      new World(options, story).play(smallest)
    } catch (again) {
      const told = story.join('\n').replaceAll(/^/gm, '  ')
      throw new Error(`${String((again as Error).stack)}\n${told}\nsteps: ${JSON.stringify(smallest)}`, {
        cause: again,
      })
    }
    throw new Error(`failed once, and not the second time: ${JSON.stringify(steps)}`, { cause: failure })
  }
}

/** Two failures are alike if their messages begin alike; who failed, and with what, does not matter. */
function wayOf(failure: unknown): string {
  return String(failure).split('\n').at(0)!.replaceAll(/\d+/g, '')
}

interface Authored {
  readonly v1: Uint8Array
  readonly v2: Uint8Array
}

class World {
  readonly #peers: readonly Peer[]
  /** What was authored anywhere, in the order of its emission. */
  readonly #authored: Authored[] = []
  readonly #options: WorldOptions
  #undone = 0

  constructor(options: WorldOptions, story: string[] | null) {
    this.#options = options
    this.#peers = options.peers.map((libraries, at) => new Peer(at, libraries, options, story))
  }

  play(steps: readonly Step[]): Outcome {
    steps.forEach((step, at) => {
      const peer = this.#peers.at(step.peer % this.#peers.length)!
      this.#act(peer, step)
      this.#gather(peer)
      if (at % STEPS_PER_CHECK === 0) peer.check()
    })
    for (const peer of this.#peers) peer.check()
    this.#settle(steps.length)
    this.#expectConvergence()
    return {
      updates: this.#authored.length,
      undone: this.#undone,
      events: this.#peers.reduce((sum, { events }) => sum + events, 0),
    }
  }

  #act(peer: Peer, step: Step): void {
    const { action, amount, value } = step
    if (action < 34) peer.do((side) => side.edit(step))
    else if (action < 38) {
      const edits = [
        step,
        { ...step, kind: step.kind + value },
        { ...step, kind: step.kind + amount, value: value + 1 },
      ]
      peer.do((side) => side.editTogether(edits.slice(0, amount % 4)))
    } else if (action < 50) this.#deliver(peer, step)
    else if (action < 54 && this.#options.undo) {
      this.#undone++
      peer.do((side) => side.undoOrRedo(step))
    } else if (action === 54) peer.do((side) => side.watch(step))
    else if (action < 57 && this.#options.reactions) {
      const updates = this.#authored.slice(-3).map(({ v1 }) => v1)
      peer.do((side) => side.arm(step, updates))
    } else if (action === 57) peer.do((side) => side.read(step))
    else if (action === 58) peer.do((side) => side.followPosition(step))
    else if (action === 59) peer.do((side) => side.takeSnapshot(step))
  }

  #deliver(to: Peer, { action, place, amount, value }: Step): void {
    const isV2 = value % 3 === 0
    const from = this.#peers.at(amount % this.#peers.length)!
    const pool = this.#authored
    const pick = (at: number): Uint8Array[] => {
      const update = pool.at((place + at * 7) % Math.max(1, pool.length))
      return update === undefined ? [] : [isV2 ? update.v2 : update.v1]
    }
    switch (action) {
      case 38:
      case 39:
      case 40:
        return to.apply(pick(0), isV2)
      case 41:
        return to.apply([...pick(3), ...pick(2), ...pick(1)], isV2)
      case 42: {
        const some = [...pick(0), ...pick(1), ...pick(2), ...pick(3), ...pick(4)].slice(0, 1 + (amount % 5))
        return to.apply(some.length === 0 ? [] : [this.#merged(some, isV2)], isV2)
      }
      case 43:
        // Known structs that begin inside of a pair: Yjs cuts what it has there, on that replica for good; the replica does not.
        return to.apply([from.encode(isV2, this.#options.features.pairs ? to.stateVector() : undefined)], isV2)
      default:
        return to.apply([from.encode(isV2, to.stateVector())], isV2)
    }
  }

  /** Everything that was authored goes everywhere, in an order of its own; then differences, until there are none. */
  #settle(salt: number): void {
    for (const peer of this.#peers) peer.disarm()
    for (const peer of this.#peers) {
      const order = this.#authored.map((update, at) => [(at * 7919 + salt * 31 + peer.at * 17) % 101, update] as const)
      order.sort(([a], [b]) => a - b)
      for (let at = 0, some = 0; at < order.length; at += some) {
        const draw = order.at(at)![0]
        some = 1 + (draw % 9)
        const isV2 = draw % 2 !== 0
        const updates = order.slice(at, at + some).map(([, { v1, v2 }]) => (isV2 ? v2 : v1))
        peer.apply(draw % 3 === 0 ? [this.#merged(updates, isV2)] : updates, isV2)
      }
      this.#gather(peer)
      peer.check()
    }
    // To one and back, until nobody says anything: tidied formatting is news of its own.
    const [hub, ...others] = this.#peers as [Peer, ...Peer[]]
    for (let round = 0, said = -1; round < 4 && said !== this.#authored.length; round++) {
      said = this.#authored.length
      for (const other of others) this.#pass(other, hub)
      for (const other of others) this.#pass(hub, other)
    }
    for (const peer of this.#peers) peer.check()
  }

  #pass(from: Peer, to: Peer): void {
    to.apply([from.encode(false, to.stateVector())], false)
    this.#gather(to)
  }

  /** By whichever library the first peer has. */
  #merged(updates: Uint8Array[], isV2: boolean): Uint8Array {
    const { mergeUpdates, mergeUpdatesV2 } = this.#options.peers.at(0)!.at(0)!
    return isV2 ? mergeUpdatesV2(updates) : mergeUpdates(updates)
  }

  #gather(peer: Peer): void {
    this.#authored.push(...peer.takeAuthored())
  }

  #expectConvergence(): void {
    const { features, gc, filtered, undo } = this.#options
    const first = this.#peers.at(0)!
    for (const peer of this.#peers) {
      expectAlike(peer.state(), first.state(), `peer ${peer.at} has not the state vector of peer 0`)
      // How far Yjs tidies formatting up depends on how updates were grouped; what it keeps of pairs, on where they were cut.
      if (features.formatting || features.pairs) continue
      expectAlike(peer.plain(), first.plain(), `peer ${peer.at} shows another document than peer 0`)
      const encoded = [peer, first].map((each) => each.encode(false))
      // Who may want to undo a deletion keeps what was deleted, as who never collects, if nobody else collected it before. Where all
      // of that is collected, nothing is left of it.
      const keeps = undo || filtered || gc.some((drops) => drops !== gc.at(0))
      const [mine, theirs] = (keeps ? encoded.map(collected) : encoded).map((update) =>
        hexOfBytes(mergeCanonically([update])),
      )
      expectAlike(mine, theirs, `peer ${peer.at} encodes another document than peer 0`)
    }
  }
}

/** One place: all its sides do the same, and are compared. */
class Peer {
  readonly at: number
  readonly #sides: readonly Side[]
  readonly #story: string[] | null
  readonly #authored: Authored[] = []
  events = 0

  constructor(at: number, libraries: readonly Library[], options: WorldOptions, story: string[] | null) {
    this.at = at
    this.#story = story
    this.#sides = libraries.map((library, side) => new Side(at, library, options, side === 0 ? story : null))
    this.#compareJournals()
  }

  /** All sides do it; what they give back and what they told meanwhile must be alike. */
  do(work: (side: Side) => unknown): void {
    const results = this.#sides.map(work)
    for (const result of results.slice(1)) expectAlike(result, results.at(0), `peer ${this.at} answers otherwise`)
    this.#compareJournals()
  }

  apply(updates: readonly Uint8Array[], isV2: boolean): void {
    if (updates.length === 0) return
    this.do((side) => side.apply(updates, isV2))
  }

  encode(isV2: boolean, stateVector?: Uint8Array): Uint8Array {
    return this.#sides.at(0)!.encode(isV2, stateVector)
  }

  stateVector(): Uint8Array {
    return this.#sides.at(0)!.stateVector()
  }

  state(): [number, number][] {
    return this.#sides.at(0)!.state()
  }

  plain(): Record<string, unknown> {
    return this.#sides.at(0)!.plain()
  }

  disarm(): void {
    for (const side of this.#sides) side.disarm()
  }

  takeAuthored(): Authored[] {
    return this.#authored.splice(0)
  }

  /** Whole documents: what readers see, what is encoded, and what a copy has that only heard of events. */
  check(): void {
    const [first, ...others] = this.#sides as [Side, ...Side[]]
    for (const side of this.#sides) side.checkCopy()
    const plain = others.length === 0 ? null : first.plain()
    for (const side of others) {
      expectAlike(side.plain(), plain, `peer ${this.at} shows another document`)
      for (const isV2 of [false, true]) {
        const [actual, expected] = [side.encode(isV2), first.encode(isV2)]
        const what = `peer ${this.at} encodes otherwise, v${isV2 ? 2 : 1}`
        if (first.isWaiting()) expectAlike(loaded(actual, isV2), loaded(expected, isV2), `${what}, while updates wait`)
        else expectAlike(hexOfBytes(actual), hexOfBytes(expected), what)
      }
      expectAlike(side.subdocuments(), first.subdocuments(), `peer ${this.at} has other subdocuments`)
      expectAlike(hexOfBytes(side.stateVector()), hexOfBytes(first.stateVector()), `peer ${this.at}, state vector`)
    }
  }

  #compareJournals(): void {
    const mayBeJoined = this.#sides.at(0)!.hasLetInLate()
    const journals = this.#sides.map((side) => (mayBeJoined ? side.takeJournal().map(joinedEntry) : side.takeJournal()))
    const authored = this.#sides.map((side) => side.takeAuthored()).at(0)!
    this.#authored.push(...authored)
    const expected = journals.at(0)!
    this.events += expected.length
    for (const actual of journals.slice(1)) {
      if (isDeepStrictEqual(actual, expected)) continue
      const differing = expected.findIndex((entry, index) => !isDeepStrictEqual(actual[index], entry))
      const at = differing === -1 ? expected.length : differing
      const both = `\n  expected ${shown(expected[at])}\n  actual   ${shown(actual[at])}`
      throw new Error(`peer ${this.at} tells otherwise, entry ${at}${both}`)
    }
    this.#story?.push(...authored.map(({ v1 }) => `  // emits ${hexOfBytes(v1)}`))
  }
}

/** A document of one library. */
class Side {
  readonly #hand: Hand
  readonly #undo: Y.UndoManager | null = null
  readonly #copy: PlainCopy
  readonly #name: string
  #journal: Entry[] = []
  #authored: Uint8Array[][] = [[], []]
  /** Relative positions, encoded. */
  readonly #positions: Uint8Array[] = []
  readonly #snapshots: Y.Snapshot[] = []
  #armed: { place: Place; work: () => void } | null = null
  /**
   * A listener edited: what others are then told has both changes in it, and the second event lacks what was merged into an item of the
   * first.
   */
  #isCopyLost = false
  #hasLetInLate = false

  constructor(at: number, library: Library, { features, gc, filtered, undo }: WorldOptions, story: string[] | null) {
    this.#name = `p${at}`
    // Not by how much an item has: what waited, we join.
    const gcFilter = filtered
      ? ({ id, parentSub }: Y.Item): boolean => id.client !== 1 || parentSub !== null
      : () => true
    const doc = new library.Doc({ gc: gc.at(at % gc.length)!, gcFilter, guid: this.#name })
    doc.clientID = clientIds.at(at)!
    const tell = story === null ? () => {} : (line: () => string) => void story.push(`${this.#name}: ${line()}`)
    this.#hand = { library, doc, features, tell }
    this.#copy = new PlainCopy(plainRoots(library, doc))
    keepJournal(library, doc, {
      write: (entry) => this.#journal.push(entry),
      onDeepEvents: (events) => {
        if (!this.#isCopyLost && !features.pairs) for (const event of events) this.#copy.apply(event)
      },
      onUpdate: (version, update, local) => {
        if (local) this.#authored.at(version - 1)!.push(ownPart(update, version, doc.clientID, features.pairs))
      },
      react: (place) => this.#react(place),
    })
    let transactions = 0
    doc.on('beforeAllTransactions', () => (transactions = 0))
    doc.on('beforeTransaction', () => {
      if (transactions++ > 0 && library === yjs && this.isWaiting()) this.#hasLetInLate = true
    })
    if (undo) this.#undo = this.#undoManager(at)
  }

  edit(edit: Edit): void {
    editOnce(this.#hand, edit)
  }

  editTogether(edits: readonly Edit[]): void {
    this.#hand.tell(() => `doc.transact(() => { // ${edits.length} edits`)
    this.#hand.doc.transact((transaction) => {
      transaction.meta.set('edits', edits.length)
      for (const edit of edits) editOnce(this.#hand, edit)
    }, 'together')
    this.#hand.tell(() => `}, 'together')`)
  }

  apply(updates: readonly Uint8Array[], isV2: boolean): void {
    const { library, doc, tell } = this.#hand
    const version = isV2 ? 'V2' : ''
    const apply = isV2 ? library.applyUpdateV2 : library.applyUpdate
    const applyAll = (): void => {
      for (const update of updates) {
        tell(() => `applyUpdate${version}(doc, ${hexOfBytes(update)}, 'remote')`)
        apply(doc, update, 'remote')
      }
    }
    if (updates.length === 1) return applyAll()
    tell(() => `doc.transact(() => { // ${updates.length} updates`)
    doc.transact(applyAll, 'several')
    tell(() => `}, 'several')`)
  }

  undoOrRedo({ amount }: Edit): unknown {
    const undo = this.#undo!
    this.#hand.tell(() =>
      ['undo()', 'undo()', 'undo()', 'redo()', 'redo()', 'stopCapturing()', 'clear()'].at(amount % 7)!,
    )
    let item: unknown = null
    if (amount % 7 < 3) item = undo.undo()
    else if (amount % 7 < 5) item = undo.redo()
    else if (amount % 7 === 5) undo.stopCapturing()
    else if (amount % 3 === 0) undo.clear()
    return [item === null, undo.undoStack.length, undo.redoStack.length, undo.canUndo(), undo.canRedo()]
  }

  /** Observes any type from now on. */
  watch({ kind }: Edit): void {
    const { library } = this.#hand
    const types = sharedTypes(this.#hand)
    const [name, type] = types.at(kind % types.length)!
    this.#hand.tell(() => `${name}.observe(…)`)
    watch(library, name, type, (entry) => this.#journal.push(entry))
  }

  /** At the next event, an observer edits, or applies updates, in one transaction or several. */
  arm(edit: Edit, updates: readonly Uint8Array[]): void {
    const { amount, value } = edit
    const place = reactionPlaces.at(amount % reactionPlaces.length)!
    const work = (): void => {
      if (value % 3 !== 0 || updates.length === 0) {
        // One transaction, or several: each is cleaned up after all have run.
        for (let times = 0; times <= value % 4; times++) this.edit({ ...edit, kind: edit.kind + times * amount })
        return
      }
      // Without what is known, where that may begin inside of a pair: Yjs would cut it there for good.
      const unknown = (update: Uint8Array): Uint8Array =>
        this.#hand.features.pairs ? yjs.diffUpdate(update, this.stateVector()) : update
      if (value % 2 === 0) return this.apply([unknown(yjs.mergeUpdates([...updates]))], false)
      for (const update of updates) this.apply([unknown(update)], false)
    }
    this.#hand.tell(() => `on the next ${place} do what follows there`)
    this.#armed = { place, work }
  }

  disarm(): void {
    this.#armed = null
  }

  /** Reads a part of a type on the ways that there are. */
  read({ kind, place, amount }: Edit): unknown {
    const { library, doc } = this.#hand
    const types = sharedTypes(this.#hand)
    const [name, type] = types.at(kind % types.length)!
    this.#hand.tell(() => `read ${name}`)
    const plain = (value: unknown): unknown => plainOf(library, value)
    if (amount % 16 === 0) return plainDeep(library, doc.toJSON())
    if (type instanceof library.Text) return [type.length, characters(type), type.toJSON()]
    if (type instanceof library.XmlFragment) {
      const walked: unknown[] = []
      type.forEach((child) => walked.push(plain(child)))
      const start = place % (type.length + 1)
      return [type.length, characters(type), walked, plain(type.firstChild), type.slice(start, start + 2).map(plain)]
    }
    if (type instanceof library.Array) {
      const at = place % (type.length + 1)
      const walked: unknown[] = []
      type.forEach((value, index) => walked.push([index, plain(value)]))
      return [
        type.length,
        plainDeep(library, type.toJSON()),
        plain(type.get(at)),
        type.slice(at).map(plain),
        Array.from(type, plain),
        walked,
      ]
    }
    const map = type as unknown as Y.Map<unknown>
    return [map.size, plainDeep(library, map.toJSON()), [...map.keys()], Array.from(map.values(), plain), map.has('k')]
  }

  /** Takes a relative position somewhere; where that and those from before are now. */
  followPosition({ kind, place, amount }: Edit): unknown {
    const { library, doc } = this.#hand
    const types = sharedTypes(this.#hand)
    const [name, type] = types.at(kind % types.length)!
    const length = type instanceof library.Map ? 1 : (type as unknown as { length: number }).length
    const [index, assoc] = [place % (length + 1), (amount % 3) - 1]
    this.#hand.tell(() => `follow createRelativePositionFromTypeIndex(${name}, ${index}, ${assoc})`)
    const position = library.createRelativePositionFromTypeIndex(type, index, assoc)
    this.#positions.push(library.encodeRelativePosition(position))
    if (this.#positions.length > FOLLOWED_MAX) this.#positions.shift()
    const places = this.#positions.map((bytes) =>
      [true, false].map((follows) => {
        const decoded = library.decodeRelativePosition(bytes)
        const at = library.createAbsolutePositionFromRelativePosition(decoded, doc, follows)
        return at === null ? null : [at.index, at.assoc, plainOf(library, at.type)]
      }),
    )
    return [this.#positions.map(hexOfBytes), JSON.stringify(library.relativePositionToJSON(position)), places]
  }

  /**
   * Takes a snapshot; what a copy of the document says of it and of one from before. A copy, since Yjs cuts items where a snapshot ends, and a pair
   * that is cut there is damaged.
   */
  takeSnapshot({ kind }: Edit): unknown {
    const { library, doc, features } = this.#hand
    this.#hand.tell(() => 'snapshot(doc)')
    const taken = library.snapshot(doc)
    this.#snapshots.push(taken)
    if (this.#snapshots.length > FOLLOWED_MAX) this.#snapshots.shift()
    const before = this.#snapshots.at(kind % this.#snapshots.length)!
    const encoded = [taken, before].flatMap((each) => [library.encodeSnapshot(each), library.encodeSnapshotV2(each)])
    const said = [encoded.map(hexOfBytes), library.equalSnapshots(taken, before)]
    if (doc.gc || features.pairs) return said
    const copy = new library.Doc({ gc: false })
    library.applyUpdate(copy, library.encodeStateAsUpdate(doc))
    const restored = library.createDocFromSnapshot(copy, before)
    const text = copy.getText('text')
    const deltas = [text.toDelta(before), text.toDelta(taken, before), text.toDelta(before, taken)]
    return [
      said,
      plainRoots(library, restored),
      hexOfBytes(library.encodeStateAsUpdate(restored)),
      deltas.map((delta) =>
        (delta as PlainPart[]).map(({ insert, attributes }) => [plainOf(library, insert), attributes]),
      ),
    ]
  }

  encode(isV2: boolean, stateVector?: Uint8Array): Uint8Array {
    const { library, doc } = this.#hand
    return isV2 ? library.encodeStateAsUpdateV2(doc, stateVector) : library.encodeStateAsUpdate(doc, stateVector)
  }

  /**
   * Whether, since the last time that it was asked, something waited when a transaction began that was not the first of its round. What waited we join; the
   * transactions before that one are emitted before Yjs does. Of Yjs alone.
   */
  hasLetInLate(): boolean {
    const has = this.#hasLetInLate
    this.#hasLetInLate = false
    return has
  }

  /** Whether updates wait for others, or deletions for what they delete. Of Yjs alone. */
  isWaiting(): boolean {
    const { pendingStructs, pendingDs } = this.#hand.doc.store
    return pendingStructs !== null || pendingDs !== null
  }

  stateVector(): Uint8Array {
    return this.#hand.library.encodeStateVector(this.#hand.doc)
  }

  state(): [number, number][] {
    return [...this.#hand.library.decodeStateVector(this.stateVector())].sort(([a], [b]) => a - b)
  }

  plain(): Record<string, unknown> {
    return plainRoots(this.#hand.library, this.#hand.doc)
  }

  subdocuments(): unknown {
    return [[...this.#hand.doc.getSubdocGuids()].sort(), this.#hand.doc.subdocs.size]
  }

  checkCopy(): void {
    // No event tells of the U+FFFD that a cut pair leaves.
    if (this.#isCopyLost || this.#hand.features.pairs) return
    // Where a mark of formatting has no effect, Yjs shows two parts, and tells of one.
    expectAlike(
      joinedParts(this.#copy.roots),
      joinedParts(this.plain()),
      `${this.#name}: events do not say what changed`,
    )
  }

  takeJournal(): Entry[] {
    const journal = this.#journal
    this.#journal = []
    return journal
  }

  takeAuthored(): Authored[] {
    const [v1, v2] = this.#authored as [Uint8Array[], Uint8Array[]]
    this.#authored = [[], []]
    return v1.map((update, at) => ({ v1: update, v2: v2.at(at)! }))
  }

  #react(place: Place): void {
    const armed = this.#armed
    if (armed?.place !== place) return
    this.#armed = null
    this.#isCopyLost = true
    armed.work()
  }

  /** Some peers take each edit as a step of its own, others all until they are told to stop; some only of a part. */
  #undoManager(at: number): Y.UndoManager {
    const { library, doc } = this.#hand
    const types = sharedTypes(this.#hand).map(([, type]) => type)
    const undo = new library.UndoManager(at % 3 === 2 ? types.slice(0, 1) : types, {
      captureTimeout: at % 2 === 0 ? 0 : 1e12,
      trackedOrigins: new Set([null, 'together']),
      ignoreRemoteMapChanges: at === 3,
      doc,
    })
    const write = (event: string, stackItem: Y.UndoManager['undoStack'][number] | null, type: string): void => {
      stackItem?.meta.set('events', Number(stackItem.meta.get('events') ?? 0) + 1)
      this.#journal.push({ event, type, meta: stackItem === null ? [] : [...stackItem.meta] })
    }
    undo.on('stack-item-added', ({ stackItem, type }) => write('stack-item-added', stackItem, type))
    undo.on('stack-item-updated', ({ stackItem, type }) => write('stack-item-updated', stackItem, type))
    undo.on('stack-item-popped', ({ stackItem, type }) => write('stack-item-popped', stackItem, type))
    undo.on('stack-cleared', ({ undoStackCleared, redoStackCleared }) =>
      write('stack-cleared', null, `${undoStackCleared} ${redoStackCleared}`),
    )
    return undo
  }
}

/**
 * What Yjs makes of an encoding: the document; and all that is in it, also what waits, in one form. While updates wait, Yjs merges them into what it encodes, and then
 * joins no items and forgets flags that say nothing; the replica writes what it would without them.
 */
function loaded(update: Uint8Array, isV2: boolean): unknown {
  const doc = new yjs.Doc({ gc: false })
  if (isV2) yjs.applyUpdateV2(doc, update)
  else yjs.applyUpdate(doc, update)
  doc.store.pendingStructs = null
  doc.store.pendingDs = null
  // A conversion forgets the flags, too.
  const withoutFlags = yjs.convertUpdateFormatV2ToV1(isV2 ? update : yjs.convertUpdateFormatV1ToV2(update))
  return [hexOfBytes(yjs.encodeStateAsUpdate(doc)), inOneForm(withoutFlags)]
}

/** What was told, with updates in one form. */
function joinedEntry(entry: Entry): Entry {
  if (entry.event !== 'update') return entry
  const bytes = bytesOfHex(String(entry['bytes']))
  return { ...entry, bytes: inOneForm(entry['version'] === 1 ? bytes : encodeUpdate(decodeUpdateV2(bytes))) }
}

/** What an update says, however it is cut into structs: neighbours are joined, and values apart, since those of a key cannot always be joined, and without hints at that. */
function inOneForm(update: Uint8Array): string {
  const { clients, deletes } = decodeUpdate(mergeCanonically([update]))
  const apart = clients.map(({ client, structs }) => ({
    client,
    structs: structs.flatMap((struct) => valuesApart(client, struct)),
  }))
  return hexOfBytes(encodeUpdate({ clients: apart, deletes }))
}

function valuesApart(client: number, struct: Struct): Struct[] {
  const apart: Struct[] = []
  let rest = struct
  while (rest.type === 'item' && isOfValues(rest.content.kind) && rest.length > 1) {
    const [first, others] = splitStruct(client, rest, 1)
    apart.push(withoutHint(first))
    rest = others
  }
  apart.push(withoutHint(rest))
  return apart
}

function withoutHint(struct: Struct): Struct {
  return struct.type === 'item' && struct.parentSub === null ? { ...struct, keyed: false } : struct
}

/** What Yjs makes of an encoding where it collects garbage. */
function collected(update: Uint8Array): Uint8Array {
  const doc = new yjs.Doc()
  yjs.applyUpdate(doc, update)
  return yjs.encodeStateAsUpdate(doc)
}

/**
 * Of an update, the units of one client, what it has whole of others, and all deletions. What a listener does is emitted with all that came after it: where the
 * content of others was collected meanwhile, or pairs were cut, that says otherwise than their author did, and which of the two a replica takes while both
 * wait is not the same in Yjs.
 */
function ownPart(update: Uint8Array, version: 1 | 2, clientID: number, pairs: boolean): Uint8Array {
  const { clients, deletes } = version === 1 ? decodeUpdate(update) : decodeUpdateV2(update)
  const isWhole = (struct: Struct): boolean => struct.type === 'item' && struct.content.kind !== ContentKind.deleted
  const own = clients.filter(({ client, structs }) => client === clientID || (!pairs && structs.every(isWhole)))
  if (own.length === clients.length) return update
  return (version === 1 ? encodeUpdate : encodeUpdateV2)({ clients: own, deletes })
}

function characters(type: { toString: () => string }): string {
  return type.toString()
}
