/**
 * A room as one tab has it open: makes edits, writes them into the books, and holds the client to what it says of them: the promises
 * `whenStored` and `whenAcked`, and the status.
 */
import { SynclineError, type Room, type RoomStatus } from 'syncline'
import type { Array as YArray, Map as YMap, Text } from 'yjs'
import { BrokenOracle } from './broken-oracle.ts'
import type { Tab } from './device.ts'
import type { Edit, WrittenRoom } from './written.ts'

/** The source of edits made here, as the origin of their Yjs transactions. */
const HERE: { readonly made: string; readonly isValue: boolean } = { made: 'here', isValue: false }
const VALUE_HERE: typeof HERE = { made: 'here', isValue: true }

/** The first of the characters that edits are told apart by; each is used once in a room. */
const FIRST_CHARACTER = 0x4e00
const CHARACTERS = 0x5000

export class TabRoom {
  readonly room: Room
  readonly #tab: Tab
  /** Made here, in order. */
  readonly edits: Edit[] = []
  /** Edits of this device that were on its disk when the room was loaded; none once it is known that they could not be read. */
  #before: readonly Edit[] = []
  #storedWait = false
  #ackedWait = false
  /** How many of the edits were checked to be where the status says. */
  #seenStored = 0
  #seenAcked = 0
  #seenWipes: number
  /** What the relay said last that is allowed here. */
  #access: RoomStatus['access']
  #last: { readonly status: RoomStatus; readonly edits: number; readonly wipes: number } | undefined
  /** Waits that have not been settled. */
  waits = 0

  constructor(tab: Tab, room: Room) {
    this.#tab = tab
    this.#seenWipes = tab.wipesKnown
    this.room = room
  }

  get written(): WrittenRoom {
    return this.#tab.device.surroundings.oracles.room(this.room.name).written
  }

  open(): void {
    const { room } = this
    const { oracles } = this.#tab.device.surroundings
    room.doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === HERE || origin === VALUE_HERE) this.#wrote(update, origin === VALUE_HERE)
    })
    room.awareness.setLocalState({ tab: this.#tab.name })
    room.subscribe((status) => oracles.noting(() => this.#told(status)))
    void this.#load()
  }

  async #load(): Promise<void> {
    const { room, written } = this
    const { device } = this.#tab
    const { units } = device.store.book(room.name)
    this.#before = written.edits.filter(
      (edit) => edit.device === device.name && written.missing(edit, units) === undefined,
    )
    try {
      await room.open()
      // Of what it cannot read, a tab can promise nothing.
      if (room.status.store.state !== 'durable') this.#before = []
    } catch (error) {
      this.#assertClosed(error)
    }
  }

  async close(): Promise<void> {
    await this.room.close()
  }

  insert(where: number, length: number): void {
    const text = this.#text
    const first = this.written.edits.length * 7
    const characters = Array.from({ length }, (_, index) =>
      String.fromCharCode(FIRST_CHARACTER + ((first + index) % CHARACTERS)),
    ).join('')
    this.#edit(() => {
      if (where % 3 === 0) this.#list.insert(where % (this.#list.length + 1), [characters])
      else text.insert(where % (text.length + 1), characters)
    })
  }

  delete(where: number, length: number): void {
    const text = this.#text
    const list = this.#list
    this.#edit(() => {
      if (where % 3 === 0 && list.length > 0) list.delete(where % list.length, 1)
      else if (text.length > 0) {
        const at = where % text.length
        text.delete(at, Math.min(length, text.length - at))
      }
    })
  }

  set(where: number): void {
    const value = `${this.#tab.name} ${this.written.edits.length}`
    this.#edit(() => this.#map.set(`${where % 3}`, value), VALUE_HERE)
  }

  get #text(): Text {
    return this.room.doc.getText('text')
  }

  get #list(): YArray<string> {
    return this.room.doc.getArray('list')
  }

  get #map(): YMap<string> {
    return this.room.doc.getMap('map')
  }

  #edit(change: () => void, source: typeof HERE = HERE): void {
    if (this.room.status.state === 'closed') return
    this.room.doc.transact(change, source)
  }

  #wrote(update: Uint8Array, isValue: boolean): void {
    const { device, name } = this.#tab
    const edit = this.written.write(device.name, update, isValue)
    this.edits.push(edit)
    device.surroundings.log(() => `edit   ${name} ${this.room.name} edit ${edit.number}`)
    this.#waitUntilStored()
    this.#waitUntilAcked()
  }

  #waitUntilStored(): void {
    if (this.#storedWait) return
    this.#storedWait = true
    const count = this.edits.length
    const { device } = this.#tab
    const { wipes } = device
    void this.#wait(
      this.room.whenStored(),
      () => {
        this.#storedWait = false
        if (device.wipes === wipes) this.#assertStored(count, 'whenStored()')
      },
      () => {
        this.#storedWait = false
      },
    )
  }

  #waitUntilAcked(): void {
    if (this.#ackedWait) return
    this.#ackedWait = true
    const edits = this.edits.slice()
    void this.#wait(
      this.room.whenAcked(),
      () => {
        this.#ackedWait = false
        // Those before by what is known now: somebody may type, and wait, while the room is still being loaded.
        this.#assertAcked([...this.#before, ...edits], 'whenAcked()')
      },
      () => {
        this.#ackedWait = false
      },
    )
  }

  async #wait(promise: Promise<void>, kept: () => void, broken: () => void): Promise<void> {
    const { oracles } = this.#tab.device.surroundings
    this.waits += 1
    try {
      await promise
      oracles.noting(kept)
    } catch (error) {
      broken()
      // Closed, or a store that fails: it says so, and makes no promise.
      if (!(error instanceof SynclineError)) oracles.note(error)
      else if (error.code === 'rejected') {
        oracles.note(new BrokenOracle('nothing-refused', error.message, { cause: error }))
      }
    } finally {
      this.waits -= 1
    }
  }

  #assertStored(count: number, said: string): void {
    const { device, name } = this.#tab
    const { oracles } = device.surroundings
    const { units } = device.store.book(this.room.name)
    for (const edit of this.edits.slice(0, count)) {
      if (edit.storedClaimed) continue
      oracles.checked('stored-is-kept')
      const missing = this.written.missing(edit, units)
      // Who may only read, and whose device was cleared, gets from the relay what is there.
      const comes = this.#seenWipes > 0 && this.#access === 'read'
      if (comes && this.written.missing(edit, this.written.everDurable) === undefined) continue
      if (missing !== undefined) {
        throw new BrokenOracle(
          'stored-is-kept',
          `by ${said} of ${name}, edit ${edit.number} is stored; it lacks ${missing}`,
        )
      }
      edit.storedClaimed = true
    }
  }

  #assertAcked(edits: readonly Edit[], said: string): void {
    const { oracles } = this.#tab.device.surroundings
    for (const edit of edits) {
      if (edit.ackedClaimed) continue
      oracles.checked('acked-is-durable')
      const missing = this.written.missing(edit, this.written.everDurable)
      if (missing !== undefined) {
        const text = `by ${said} of ${this.#tab.name}, edit ${edit.number} of ${this.room.name} is at the relay; it lacks ${missing}`
        throw new BrokenOracle('acked-is-durable', text)
      }
      edit.ackedClaimed = true
    }
  }

  #told(status: RoomStatus): void {
    const { device } = this.#tab
    if (status.rejected > 0) throw new BrokenOracle('nothing-refused', `${status.rejected} edits of ${this.#tab.name}`)
    if (status.state === 'closed') return
    this.#access = status.access ?? this.#access
    if (status.latestEdit === 'relay' && status.unacked === 0 && this.#seenAcked < this.edits.length) {
      const unseen = this.edits.slice(this.#seenAcked)
      this.#seenAcked = this.edits.length
      this.#assertAcked(unseen, 'the status')
    }
    // What was deleted under a tab that has not heard of it, it cannot know.
    const { wipesKnown } = this.#tab
    if (wipesKnown > this.#seenWipes) {
      this.#seenWipes = wipesKnown
      this.#seenStored = 0
    }
    if (status.unstored === 0 && this.#seenStored < this.edits.length && wipesKnown === device.wipes) {
      this.#seenStored = this.edits.length
      this.#assertStored(this.edits.length, 'the status')
    }
    const edits = this.written.edits.length
    // Of what other tabs did, this one may hear later.
    const alone = device.visits === 1
    // Where everything was deleted, nobody knows what of it is elsewhere.
    const same = this.#last?.edits === edits && this.#last.wipes === wipesKnown
    if (alone && same && this.#last?.status.state === 'open') {
      device.surroundings.oracles.checked('receipts-go-forward')
      if (this.#last.status.latestEdit === 'relay' && status.latestEdit !== 'relay') {
        throw new BrokenOracle('receipts-go-forward', `${this.#tab.name}: from the relay to ${status.latestEdit}`)
      }
    }
    this.#last = alone ? { status, edits, wipes: wipesKnown } : undefined
  }

  #assertClosed(error: unknown): void {
    const { oracles } = this.#tab.device.surroundings
    if (!(error instanceof SynclineError && error.code === 'closed')) oracles.note(error)
  }
}
