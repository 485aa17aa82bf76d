/**
 * What is checked while the world runs, at the moment it happens: what the log's disk takes, what goes over the wire, what devices
 * store, and what tabs are told about their edits. The books are in written.ts; what is checked in the end is in verdict.ts.
 */
import {
  CloseCode,
  decodeClientFrame,
  decodeRelayFrame,
  type MessageOf,
  type Position,
  type RelayMessage,
} from '@syncline/protocol'
import { MemoryDeviceStore, type DeviceHead, type DeviceRow, type MemoryDisk as DeviceDisk } from 'syncline'
import type { RelayEvent, UpdateLog } from '@syncline/relay'
import { BrokenOracle, type OracleName } from './broken-oracle.ts'
import type { RelayWitness, WireWitness } from './relay-host.ts'
import type { UnitSet } from './unit-set.ts'
import { addUnits, noUnits, WrittenRoom, type Units } from './written.ts'

interface LogEntry {
  readonly epoch: number
  readonly units: Units
}

/** A room with the log's history of it. */
export interface JudgedRoom {
  readonly written: WrittenRoom
  /** The entries of the present history, from seq 1. */
  entries: LogEntry[]
  /** Counts the histories: each restore begins one. */
  history: number
}

/** What the disk of the relay had at some moment, by the books. */
export interface LogBackup {
  readonly rooms: ReadonlyMap<string, { readonly entries: readonly LogEntry[]; readonly durable: Units }>
}

export class Oracles implements RelayWitness {
  readonly #rooms = new Map<string, JudgedRoom>()
  /** What was found broken outside of a call that could throw it. */
  #broken: BrokenOracle | undefined
  readonly #log: (text: () => string) => void
  /** Whether everybody has a token that can be renewed in time. */
  tokensAreRenewed = false
  /** How often each thing was checked, so that nobody mistakes silence for health. */
  readonly checks = new Map<OracleName, number>()

  constructor(log: (text: () => string) => void) {
    this.#log = log
  }

  get rooms(): readonly JudgedRoom[] {
    return [...this.#rooms.values()]
  }

  room(name: string): JudgedRoom {
    let room = this.#rooms.get(name)
    if (room === undefined) this.#rooms.set(name, (room = { written: new WrittenRoom(name), entries: [], history: 0 }))
    return room
  }

  checked(oracle: OracleName): void {
    this.checks.set(oracle, (this.checks.get(oracle) ?? 0) + 1)
  }

  /** For code under test that would swallow an exception: it is thrown before the next step. */
  note(error: unknown): void {
    this.#broken ??=
      error instanceof BrokenOracle ? error : new BrokenOracle('nothing-throws', String(error), { cause: error })
  }

  throwIfBroken(): void {
    if (this.#broken !== undefined) throw this.#broken
  }

  // The disk of the relay.

  appended(name: string, update: Uint8Array, position: Position): void {
    this.#noting(() => {
      const room = this.room(name)
      const units = room.written.read(update, 'the log')
      this.checked('seqs-without-holes')
      if (position.seq !== room.entries.length + 1) {
        throw new BrokenOracle('seqs-without-holes', `${name}: seq ${position.seq} after ${room.entries.length}`)
      }
      room.entries.push({ epoch: position.epoch, units })
      addUnits(room.written.durable, units)
      addUnits(room.written.everDurable, units)
      this.#log(() => `log    ${name} ${position.seq} flushed: ${unitsText(units)}`)
    })
  }

  async checkpointed(name: string, log: UpdateLog): Promise<void> {
    const { updates } = await log.read(name, 0)
    this.#noting(() => {
      const { written } = this.room(name)
      const units = noUnits()
      for (const update of updates) addUnits(units, written.read(update, 'the checkpoint'))
      this.checked('checkpoint-keeps-all')
      const missing = written.missing(written.durable, units)
      if (missing !== undefined) throw new BrokenOracle('checkpoint-keeps-all', `${name}: without ${missing}`)
      this.#log(() => `log    ${name} folded`)
    })
  }

  backUp(): LogBackup {
    const copy = ([name, room]: [string, JudgedRoom]): [
      string,
      LogBackup['rooms'] extends ReadonlyMap<string, infer Copy> ? Copy : never,
    ] => {
      const durable = noUnits()
      addUnits(durable, room.written.durable)
      return [name, { entries: [...room.entries], durable }]
    }
    return { rooms: new Map([...this.#rooms].map(copy)) }
  }

  restored(backup: LogBackup): void {
    for (const [name, room] of this.#rooms) {
      const then = backup.rooms.get(name)
      room.entries = [...(then?.entries ?? [])]
      room.history += 1
      room.written.durable = noUnits()
      if (then !== undefined) addUnits(room.written.durable, then.durable)
    }
  }

  // The wire.

  connected(client: string): WireWitness {
    return new WitnessedWire(this, client, this.#log)
  }

  event(event: RelayEvent): void {
    if (event.type === 'connection-ended' && event.code === CloseCode.unauthorized && this.tokensAreRenewed) {
      this.note(new BrokenOracle('welcome-stays', `${event.address} was put out: ${event.reason}`))
    }
    if (event.type === 'internal-error') {
      this.note(new BrokenOracle('nothing-throws', `${event.where}: ${String(event.error)}`, { cause: event.error }))
    } else if (event.type === 'log-conflict') {
      this.note(new BrokenOracle('nothing-invented', `the relay found a conflict in its log: ${event.detail}`))
    }
  }

  // Devices.

  /** A device store in memory, witnessed. */
  deviceStore(device: string, disk: DeviceDisk): WitnessedStore {
    return new WitnessedStore(this, device, disk, this.#log)
  }

  noting<T>(check: () => T): T | undefined {
    return this.#noting(check)
  }

  #noting<T>(check: () => T): T | undefined {
    try {
      return check()
    } catch (error) {
      this.note(error)
      return undefined
    }
  }
}

class WitnessedWire implements WireWitness {
  readonly #oracles: Oracles
  readonly #client: string
  readonly #log: (text: () => string) => void
  readonly #requests = new Map<number, string>()
  readonly #rooms = new Map<number, string>()
  /** Pushes without an answer, by handle. */
  #pushes: { readonly handle: number; readonly ref: number; readonly update: Uint8Array }[] = []

  constructor(oracles: Oracles, client: string, log: (text: () => string) => void) {
    this.#oracles = oracles
    this.#client = client
    this.#log = log
  }

  fromClient(frame: Uint8Array): void {
    this.#oracles.noting(() => {
      for (const message of decodeClientFrame(frame.slice())) {
        if (message.type === 'join') this.#requests.set(message.request, message.room)
        if (message.type === 'push') this.#pushes.push({ ...message, update: message.update.slice() })
        this.#log(() => `wire   ${this.#client} → relay: ${messageText(message)}`)
      }
    })
  }

  toClient(frame: Uint8Array): void {
    this.#oracles.noting(() => {
      for (const message of decodeRelayFrame(frame.slice())) {
        this.#log(() => `wire   relay → ${this.#client}: ${messageText(message)}`)
        this.#judge(message)
      }
    })
  }

  #judge(message: RelayMessage): void {
    if (message.type === 'joined') {
      this.#rooms.set(message.handle, this.#requests.get(message.request) ?? '')
      this.#pushes = this.#pushes.filter(({ handle }) => handle !== message.handle)
    } else if (message.type === 'updates') this.#judgeUpdates(message)
    else if (message.type === 'ack') this.#judgeAck(message)
    else if (message.type === 'reject') this.#judgeReject(message)
  }

  #judgeUpdates({ handle, update, position }: MessageOf<'updates'>): void {
    const room = this.#room(handle)
    const { written } = room
    this.#oracles.checked('told-is-durable')
    const missing = written.missing(written.read(update, 'an update on the wire'), written.durable)
    if (missing !== undefined) {
      throw new BrokenOracle('told-is-durable', `${this.#client} is told of ${missing} of ${written.name}`)
    }
    this.#assertPlace(room, position, 'updates')
  }

  #judgeAck(ack: MessageOf<'ack'>): void {
    const room = this.#room(ack.handle)
    const { written } = room
    const answers = ({ handle, ref }: { handle: number; ref: number }): boolean =>
      handle === ack.handle && ref <= ack.ref
    for (const push of this.#pushes.filter(answers)) {
      this.#oracles.checked('acked-is-durable')
      const missing = written.missing(written.read(push.update, 'a push'), written.durable)
      if (missing !== undefined) {
        throw new BrokenOracle('acked-is-durable', `push ${push.ref} of ${this.#client} is acked without ${missing}`)
      }
      // A client settles it there: what lies after that place, an older log would be without, and nobody would notice.
      const late = written.missing(written.read(push.update, 'a push'), unitsUpTo(room, ack.position.seq))
      if (late !== undefined) {
        const text = `push ${push.ref} of ${this.#client} is acked at ${ack.position.seq}, and ${late} lies after it`
        throw new BrokenOracle('acked-is-durable', text)
      }
    }
    this.#pushes = this.#pushes.filter((push) => !answers(push))
    this.#assertPlace(room, ack.position, 'ack')
  }

  #judgeReject({ handle, ref, code, retryable, message }: MessageOf<'reject'>): void {
    this.#pushes = this.#pushes.filter((push) => push.handle !== handle || push.ref !== ref)
    if (retryable || code === 'read-only') return
    throw new BrokenOracle('nothing-refused', `${this.#client}: ${code}: ${message}`)
  }

  #room(handle: number): JudgedRoom {
    return this.#oracles.room(this.#rooms.get(handle) ?? '')
  }

  #assertPlace(room: JudgedRoom, { epoch, seq }: Position, what: string): void {
    const entry = seq === 0 ? undefined : room.entries[seq - 1]
    if (seq === 0 || entry?.epoch === epoch) return
    throw new BrokenOracle(
      'told-is-durable',
      `${what} at ${epoch}/${seq}, a place that the log of ${room.written.name} does not have`,
    )
  }
}

/** What the log has up to an entry. Cheap for the last one, as nearly always. */
function unitsUpTo({ entries, written }: JudgedRoom, seq: number): Units {
  if (seq >= entries.length) return written.durable
  const units = noUnits()
  for (const entry of entries.slice(0, seq)) addUnits(units, entry.units)
  return units
}

/** What a device has of a room, by the books. */
export interface DeviceRoomBook {
  units: Units
  /** Its edits by ref. */
  readonly refs: Map<number, Units>
  head: DeviceHead | undefined
  /** Up to here, of that history of the relay's log, it is known to have everything. */
  verified: { readonly history: number; readonly seq: number }
}

/** A device's disk: what it does is written into the books, and checked. */
export class WitnessedStore extends MemoryDeviceStore {
  readonly #oracles: Oracles
  readonly #device: string
  readonly #log: (text: () => string) => void
  readonly #books = new Map<string, DeviceRoomBook>()

  constructor(oracles: Oracles, device: string, disk: DeviceDisk, log: (text: () => string) => void) {
    super(disk)
    this.#oracles = oracles
    this.#device = device
    this.#log = log
  }

  book(room: string): DeviceRoomBook {
    let book = this.#books.get(room)
    if (book === undefined) {
      book = { units: noUnits(), refs: new Map(), head: undefined, verified: { history: -1, seq: 0 } }
      this.#books.set(room, book)
    }
    return book
  }

  override async appendLocal(room: string, update: Uint8Array): Promise<DeviceRow> {
    const row = await super.appendLocal(room, update)
    await this.#changed(room, (book) => {
      const units = this.#read(room, update)
      addUnits(book.units, units)
      book.refs.set(row.ref!, units)
      this.#log(() => `store  ${this.#device} ${room} row ${row.row} ref ${row.ref}: ${unitsText(units)}`)
    })
    return row
  }

  override async appendRemote(
    room: string,
    update: Uint8Array | undefined,
    position: Position | undefined,
  ): Promise<DeviceRow | undefined> {
    const row = await super.appendRemote(room, update, position)
    await this.#changed(room, (book) => {
      if (update !== undefined) addUnits(book.units, this.#read(room, update))
      this.#log(() => `store  ${this.#device} ${room} row ${row?.row} at ${position?.seq}`)
    })
    return row
  }

  override async settle(...args: Parameters<MemoryDeviceStore['settle']>): Promise<DeviceHead> {
    const head = await super.settle(...args)
    const [room] = args
    await this.#changed(room, () => {
      this.#log(() => `store  ${this.#device} ${room} settled to ref ${head.ackedRef} at ${head.position?.seq}`)
    })
    return head
  }

  override async fold(room: string, rows: readonly DeviceRow[], merged: Uint8Array): Promise<boolean> {
    const done = await super.fold(room, rows, merged)
    if (!done) return false
    this.#oracles.noting(() => {
      this.#oracles.checked('fold-keeps-all')
      const before = noUnits()
      for (const { update } of rows) addUnits(before, this.#read(room, update))
      const missing = this.#written(room).missing(before, this.#read(room, merged))
      if (missing !== undefined) throw new BrokenOracle('fold-keeps-all', `${this.#device} ${room}: without ${missing}`)
      this.#log(() => `store  ${this.#device} ${room} folded ${rows.length} rows`)
    })
    return true
  }

  async #changed(room: string, change: (book: DeviceRoomBook) => void): Promise<void> {
    const { head } = await this.load(room, Number.MAX_SAFE_INTEGER)
    this.#oracles.noting(() => {
      const book = this.book(room)
      change(book)
      this.#judge(room, book, head)
    })
  }

  #judge(room: string, book: DeviceRoomBook, head: DeviceHead): void {
    const { entries, history, written } = this.#oracles.room(room)
    const before = book.head
    book.head = head
    this.#oracles.checked('device-goes-forward')
    if (before !== undefined && (head.ackedRef < before.ackedRef || head.nextRef < before.nextRef)) {
      throw new BrokenOracle(
        'device-goes-forward',
        `${this.#device} ${room}: ref ${before.ackedRef} became ${head.ackedRef}`,
      )
    }
    const rejected = new Set(head.rejected.map(({ ref }) => ref))
    for (let ref = (before?.ackedRef ?? 0) + 1; ref <= head.ackedRef; ref++) {
      const units = book.refs.get(ref)
      if (units === undefined || rejected.has(ref)) continue
      this.#oracles.checked('acked-is-durable')
      const missing = written.missing(units, written.everDurable)
      if (missing === undefined) continue
      throw new BrokenOracle('acked-is-durable', `${this.#device} settled ref ${ref} of ${room} without ${missing}`)
    }
    this.#judgePosition(room, book, head, entries, history)
  }

  /** Everything up to its position is here, if that is a place of the log as it is now. */
  #judgePosition(
    room: string,
    book: DeviceRoomBook,
    { position }: DeviceHead,
    entries: readonly LogEntry[],
    history: number,
  ): void {
    if (position === undefined || position.seq === 0 || entries[position.seq - 1]?.epoch !== position.epoch) return
    if (book.verified.history !== history) book.verified = { history, seq: 0 }
    for (let seq = book.verified.seq + 1; seq <= position.seq; seq++) {
      this.#oracles.checked('position-is-true')
      const missing = this.#written(room).missing(entries[seq - 1]!.units, book.units)
      if (missing === undefined) continue
      const text = `${this.#device} is at ${position.seq} of ${room}, and lacks ${missing} of ${seq}`
      throw new BrokenOracle('position-is-true', text)
    }
    book.verified = { history, seq: Math.max(book.verified.seq, position.seq) }
  }

  #read(room: string, update: Uint8Array): Units {
    return this.#written(room).read(update, `${this.#device}'s store`)
  }

  #written(room: string): WrittenRoom {
    return this.#oracles.room(room).written
  }
}

export function unitsText({ structs, deletes }: Units): string {
  const text = (set: UnitSet): string =>
    [...set.ranges()].map(([client, start, end]) => `${client}:${start}…${end}`).join(' ')
  const removed = text(deletes)
  return removed === '' ? text(structs) : `${text(structs)} deleting ${removed}`
}

function messageText(
  message: ReturnType<typeof decodeClientFrame>[number] | ReturnType<typeof decodeRelayFrame>[number],
): string {
  const fields = Object.entries(message).map(([name, value]) =>
    name === 'type' ? '' : ` ${name}=${value instanceof Uint8Array ? `${value.length} bytes` : JSON.stringify(value)}`,
  )
  return message.type + fields.join('')
}
