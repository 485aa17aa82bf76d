/**
 * What is demanded of a world in which nothing is broken any more: that it comes to rest, that everybody has the same, that it is all
 * that was safe, and that everybody sees who is here and nobody who is gone.
 */
import {
  applyUpdate,
  createDeleteSetFromStructStore,
  createID,
  decodeUpdate,
  Doc,
  encodeStateAsUpdate,
  encodeStateVector,
  isDeleted,
  Skip,
} from 'yjs'
import { BrokenOracle } from './broken-oracle.ts'
import type { Device, Tab } from './device.ts'
import { asYjs } from './documents.ts'
import { unitsText, type JudgedRoom } from './oracles.ts'
import type { TabRoom } from './tab-room.ts'
import { addUnits, noUnits, type Units } from './written.ts'

/** Why the world is not at rest; `undefined` if it is. Cheap while there is much to do. */
export function unrest(devices: readonly Device[], rooms: readonly string[]): string | undefined {
  for (const device of devices) {
    for (const tab of device.tabs) {
      if (tab.closing > 0) return `${tab.name} is closing something`
      const pending = tab.client.status.pendingRooms
      if (pending.length > 0) return `${tab.name} has edits of ${pending.join()} to push`
      for (const room of tab.rooms.values()) {
        const why = roomUnrest(room)
        if (why !== undefined) return `${tab.name}: ${room.room.name} ${why}`
      }
    }
    const unopened = rooms.find((room) => !device.tabs.some((tab) => tab.rooms.has(room)))
    if (unopened !== undefined) return `${device.name} does not have ${unopened} open`
  }
  return undefined
}

function roomUnrest({ room, waits }: TabRoom): string | undefined {
  const { state, sync, unstored, unsent, unacked, store } = room.status
  if (state !== 'open') return `is ${state}`
  if (sync !== 'live') return `is ${sync}`
  if (store.state !== 'durable') return `is in memory only: ${store.error.message}`
  if (unstored > 0) return `has ${unstored} edits unstored`
  if (unsent > 0 || unacked > 0) return `has ${unacked} edits unacked`
  return waits > 0 ? `has ${waits} promises pending` : undefined
}

/** Whose outbox on the disk is not empty; `undefined` if all are. */
export async function outboxLeft(devices: readonly Device[]): Promise<string | undefined> {
  for (const { name, store } of devices) {
    const [room] = await store.pendingRooms()
    if (room !== undefined) return `${name} has an outbox of ${room}`
  }
  return undefined
}

/** Who differs from whom in a room; `undefined` if nobody does. */
export function difference(
  devices: readonly Device[],
  { written }: JudgedRoom,
  log: readonly Uint8Array[],
): string | undefined {
  const atRelay = new Doc()
  for (const update of log) applyUpdate(atRelay, update)
  const expected = canonical(atRelay)
  for (const tab of devices.flatMap((device) => device.tabs)) {
    const room = tab.rooms.get(written.name)
    if (room === undefined) continue
    const found = asYjs(room.room.doc)
    if (canonical(found) !== expected) {
      const [more, less] = [unitsBeyond(found, atRelay), unitsBeyond(atRelay, found)]
      return `${tab.name} has another ${written.name} than the log: more are ${more}, less ${less}; ${contentOf(found)}, ${contentOf(atRelay)}`
    }
  }
  return undefined
}

/**
 * The bytes of a document as a newcomer would have them, as text: neither how it came about nor what it kept of deletions matters. What
 * waits in it for something that was lost for good has no order of its own, and is told in numbers.
 */
function canonical(doc: Doc): string {
  const fresh = new Doc()
  applyUpdate(fresh, encodeStateAsUpdate(doc))
  const { store } = fresh
  const waiting = store.pendingStructs === null ? '' : idsOf(store.pendingStructs.update)
  store.pendingStructs = null
  store.pendingDs = null
  return `${Buffer.from(encodeStateAsUpdate(fresh)).toString('base64')} ${waiting}`
}

function idsOf(update: Uint8Array): string {
  const units = noUnits()
  const { structs } = decodeUpdate(update)
  for (const struct of structs) {
    const { client, clock } = struct.id
    if (!(struct instanceof Skip)) units.structs.add(client, clock, clock + struct.length)
  }
  return [...units.structs.ranges()]
    .map((range) => range.join())
    .sort()
    .join(' ')
}

/** What `doc` has and `other` does not, in numbers. */
function unitsBeyond(doc: Doc, other: Doc): string {
  const { structs, ds } = decodeUpdate(encodeStateAsUpdate(doc, encodeStateVector(other)))
  const known = createDeleteSetFromStructStore(other.store)
  const units = noUnits()
  for (const { id, length } of structs) units.structs.add(id.client, id.clock, id.clock + length)
  for (const [client, items] of ds.clients) {
    for (const { clock, len } of items) {
      for (let unit = clock; unit < clock + len; unit++) {
        if (!isDeleted(known, createID(client, unit))) units.deletes.add(client, unit, unit + 1)
      }
    }
  }
  return unitsText(units)
}

function contentOf(doc: Doc): string {
  const [text, list, map] = [doc.getText('text'), doc.getArray('list'), doc.getMap('map')]
  return JSON.stringify({
    text: text.toJSON(),
    list: list.toJSON(),
    map: map.toJSON(),
    pending: doc.store.pendingStructs !== null,
  })
}

/** What has to be everywhere in the end: what is on any disk, or in any document that is open, when the world is healed. */
export async function survivors(devices: readonly Device[], room: JudgedRoom): Promise<Units> {
  const { written } = room
  const units = noUnits()
  addUnits(units, written.durable)
  for (const device of devices) {
    const { head, rows } = await device.store.load(written.name)
    const rejected = new Set(head.rejected.map(({ ref }) => ref))
    for (const { ref, update } of rows) {
      if (ref === undefined || !rejected.has(ref)) addUnits(units, written.read(update, `${device.name}'s disk`))
    }
    for (const tab of device.tabs) {
      const open = tab.rooms.get(written.name)
      if (open !== undefined) for (const edit of open.edits) addUnits(units, edit)
    }
  }
  return units
}

/** Throws unless everything of `survived`, and every edit that was said to be safe, is in the log now. */
export function assertNothingLost({ written }: JudgedRoom, survived: Units): void {
  const missing = written.missing(survived, written.durable)
  if (missing !== undefined)
    throw new BrokenOracle('nothing-lost', `${written.name} is without ${missing}, which was there`)
  for (const edit of written.edits) {
    if (!edit.storedClaimed) continue
    const lost = written.missing(edit, written.durable)
    if (lost === undefined) continue
    const text = `${written.name} is without ${lost} of edit ${edit.number}, which ${edit.device} had stored`
    throw new BrokenOracle('nothing-lost', text)
  }
}

/** Why awareness is not what it should be; `undefined` if everybody sees everybody, and nobody else. */
export function wrongAwareness(devices: readonly Device[], rooms: readonly string[]): string | undefined {
  const tabs: readonly Tab[] = devices.flatMap((device) => device.tabs)
  for (const room of rooms) {
    const members = tabs.flatMap((tab) => tab.rooms.get(room) ?? [])
    const here = members.map(({ room: { doc } }) => doc.clientID)
    for (const { room: seen } of members) {
      const states = [...seen.awareness.getStates().keys()]
      const gone = states.find((clientID) => !here.includes(clientID))
      if (gone !== undefined) return `${seen.doc.clientID} of ${room} still sees ${gone}, which is gone`
      const missed = here.find((clientID) => !states.includes(clientID))
      if (missed !== undefined) return `${seen.doc.clientID} of ${room} does not see ${missed}`
    }
  }
  return undefined
}
