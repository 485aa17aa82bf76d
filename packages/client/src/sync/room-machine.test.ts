import { diffUpdate, encodeStateVectorFromUpdate, mergeUpdates } from '@syncline/core'
import type { MessageOf, Position } from '@syncline/protocol'
import { Doc, encodeStateAsUpdate, encodeStateVector } from 'yjs'
import { beforeEach, describe, expect, test } from 'vitest'
import { emptyDeviceHead, type DeviceHead, type DeviceRow } from '../device-store/device-store.ts'
import { ClientLimits } from '../limits.ts'
import { RoomMachine, type RoomEffect, type RoomEvent } from './room-machine.ts'

const HANDLE = 7
const nowhere = new Uint8Array(1)

let machine: RoomMachine
let now: number

beforeEach(() => {
  machine = new RoomMachine()
  now = 1_000
})

function take(event: RoomEvent): readonly RoomEffect[] {
  return machine.handle(event, { now, random: 0.5 })
}

/** The `n`-th insertion of a replica. */
function edit(n: number, client = 1): Uint8Array {
  const doc = new Doc()
  doc.clientID = client
  const updates: Uint8Array[] = []
  doc.on('update', (update: Uint8Array) => updates.push(update))
  for (let key = 0; key < n; key += 1) doc.getText('text').insert(key, 'x')
  return updates.at(-1) as Uint8Array
}

function load(rows: readonly DeviceRow[] = [], head: Partial<DeviceHead> = {}): readonly RoomEffect[] {
  const lastRef = Math.max(0, ...rows.map(({ ref }) => ref ?? 0))
  const whole: DeviceHead = { ...emptyDeviceHead, nextRow: rows.length + 1, nextRef: lastRef + 1, ...head }
  return take({ type: 'loaded', room: { head: whole, rows } })
}

function local(...refs: readonly number[]): readonly DeviceRow[] {
  return refs.map((ref) => ({ row: ref, ref, update: edit(ref) }))
}

function connect(updateBytesMax = 10_000): readonly RoomEffect[] {
  return take({ type: 'connected', updateBytesMax })
}

function joined(over: Partial<MessageOf<'joined'>> = {}): readonly RoomEffect[] {
  const position = { epoch: 0, seq: 0 }
  return take({
    type: 'joined',
    request: 1,
    handle: HANDLE,
    access: 'write',
    position,
    resumed: false,
    stateVector: nowhere,
    ...over,
  })
}

function ack(ref: number, seq: number, epoch = 1): readonly RoomEffect[] {
  return take({ type: 'ack', handle: HANDLE, ref, position: { epoch, seq } })
}

function reject(ref: number, code: MessageOf<'reject'>['code'], retryable: boolean): readonly RoomEffect[] {
  return take({ type: 'reject', handle: HANDLE, ref, code, retryable, message: code })
}

function at(seq: number, epoch = 1): Position {
  return { epoch, seq }
}

describe('joining', () => {
  test('waits for the store, and tells position and state vector', () => {
    expect(connect()).toEqual([])
    const row: DeviceRow = { row: 1, ref: undefined, update: edit(1) }
    const stateVector = encodeStateVectorFromUpdate(row.update)
    expect(load([row], { position: at(3) })).toEqual([{ type: 'join', position: at(3), stateVector }])
  })

  test('does not wait for a store that fails', () => {
    take({ type: 'load-failed' })
    expect(connect()).toMatchObject([{ type: 'join', position: undefined }])
  })

  test('is not tried again after a refusal because the store fails again', () => {
    load()
    connect()
    take({ type: 'refused', request: 1, code: 'forbidden', retryable: true, message: 'no' })
    expect(take({ type: 'load-failed' })).toEqual([])
    expect(machine.membership.state).toBe('refused')
  })

  test('is tried again after a refusal for now, later each time, and with the next connection after one for good', () => {
    load()
    connect()
    const refuse = (retryable: boolean): readonly RoomEffect[] =>
      take({ type: 'refused', request: 1, code: 'forbidden', retryable, message: 'no' })
    const waits: number[] = []
    for (let refusal = 0; refusal < 3; refusal += 1) {
      refuse(true)
      waits.push((machine.deadline ?? 0) - now)
      now = machine.deadline ?? 0
      expect(take({ type: 'time' })).toMatchObject([{ type: 'join' }])
    }
    expect(waits).toEqual([0.5, 1, 2].map((factor) => factor * ClientLimits.retryBaseMs))
    refuse(false)
    expect(machine).toMatchObject({ deadline: undefined, membership: { state: 'refused' } })
    take({ type: 'disconnected' })
    expect(connect()).toMatchObject([{ type: 'join' }])
  })
})

describe('pushing', () => {
  test('merges the outbox into one push, numbered by the membership', () => {
    load(local(5, 6, 7), { ackedRef: 4 })
    connect()
    const update = mergeUpdates([5, 6, 7].map((ref) => edit(ref)))
    expect(joined()).toEqual([{ type: 'push', handle: HANDLE, ref: 1, update }])
    ack(1, 1)
    expect(take({ type: 'edit', key: 8, update: edit(8) })).toMatchObject([{ type: 'push', ref: 2 }])
    take({ type: 'disconnected' })
    connect()
    expect(joined({ position: at(1), resumed: true })).toMatchObject([{ type: 'push', ref: 1 }])
  })

  test('keeps to a window, and merges what waits beyond it', () => {
    load()
    connect()
    joined()
    const { pushesInFlightMax } = ClientLimits
    const sent: RoomEffect[] = []
    for (let key = 1; key <= pushesInFlightMax + 5; key += 1)
      sent.push(...take({ type: 'edit', key, update: edit(key) }))
    expect(sent).toHaveLength(pushesInFlightMax)
    expect(machine.outbox.sentRef).toBe(pushesInFlightMax)
    const rest = [1, 2, 3, 4, 5].map((more) => edit(pushesInFlightMax + more))
    expect(ack(1, 1)).toEqual([
      { type: 'push', handle: HANDLE, ref: pushesInFlightMax + 1, update: mergeUpdates(rest) },
    ])
  })

  test('one ack covers all pushes before it', () => {
    load()
    connect()
    joined()
    for (const key of [1, 2, 3]) take({ type: 'edit', key, update: edit(key) })
    ack(3, 1)
    expect(machine.outbox).toMatchObject({ ackedRef: 3 })
    expect(machine.lastAckedAt).toBe(now)
    // An ack that comes twice, or for nothing, changes nothing.
    expect(ack(3, 1)).toEqual([])
    expect(ack(9, 1)).toEqual([])
  })

  test('waits a while after a reject that is worth a retry, then pushes the same again', () => {
    load(local(1))
    connect()
    joined()
    expect(reject(1, 'log-unavailable', true)).toEqual([])
    expect(take({ type: 'edit', key: 2, update: edit(2) })).toEqual([])
    now = machine.deadline ?? 0
    expect(take({ type: 'time' })).toMatchObject([{ type: 'push', ref: 2, update: mergeUpdates([edit(1), edit(2)]) }])
  })

  test('finds the bad edit of a refused push, marks it, and goes on with the others', () => {
    load(local(1, 2, 3))
    connect()
    joined()
    expect(reject(1, 'malformed-update', false)).toMatchObject([{ ref: 2 }, { ref: 3 }, { ref: 4 }])
    ack(2, 1)
    reject(3, 'malformed-update', false)
    ack(4, 2)
    expect([machine.outbox.size, machine.outbox.settledRef]).toEqual([0, 3])
    expect(machine.takeWrite()).toMatchObject({
      settledRef: 3,
      position: at(2),
      rejected: [{ ref: 2, code: 'malformed-update' }],
    })
  })

  test('keeps everything where it may only read, also when it learns of that by a reject', () => {
    load(local(1))
    connect()
    expect(joined({ access: 'read' })).toEqual([])
    take({ type: 'disconnected' })
    connect()
    joined()
    reject(1, 'read-only', false)
    expect(machine.membership).toMatchObject({ access: 'read' })
    expect([machine.outbox.size, machine.outbox.rejected]).toEqual([1, []])
  })

  test('joins again when the relay does not know it as a member', () => {
    load(local(1))
    connect()
    joined()
    expect(reject(1, 'unknown-handle', true)).toMatchObject([{ type: 'join' }])
    expect(joined()).toMatchObject([{ type: 'push', ref: 1 }])
  })

  test('does not send what is too large even in parts', () => {
    load(local(1))
    connect(5)
    expect(joined()).toEqual([])
    expect(machine.outbox.rejected).toEqual([{ ref: 1, code: 'update-too-large' }])
  })
})

describe('the position', () => {
  test('follows updates, and own acks that are next in the log', () => {
    load(local(1))
    connect()
    joined()
    ack(1, 1)
    expect(machine.takeWrite()).toMatchObject({ position: at(1), settledRef: 1, update: undefined, settles: true })
  })

  test('does not follow an ack beyond what has arrived; then the edit is acked, but not settled', () => {
    load(local(1))
    connect()
    joined({ position: at(4) })
    ack(1, 5)
    expect(machine.outbox).toMatchObject({ ackedRef: 1, settledRef: 0, size: 1 })
    expect(machine.takeWrite()).toBeUndefined()
    take({ type: 'updates', handle: HANDLE, position: at(5), update: edit(1, 2) })
    expect(machine.outbox).toMatchObject({ settledRef: 1, size: 0 })
    expect(machine.takeWrite()).toMatchObject({ position: at(5), settledRef: 1, update: edit(1, 2) })
  })

  test('is written with what arrived, in one write at a time, and again if that failed', () => {
    load()
    connect()
    joined()
    take({ type: 'updates', handle: HANDLE, position: at(1), update: edit(1, 2) })
    const first = machine.takeWrite()
    if (first === undefined) throw new Error('nothing to write')
    take({ type: 'updates', handle: HANDLE, position: at(2), update: edit(1, 3) })
    take({ type: 'write-failed', write: first })
    const second = machine.takeWrite()
    expect(second).toMatchObject({ position: at(2), update: mergeUpdates([edit(1, 2), edit(1, 3)]) })
    if (second !== undefined) take({ type: 'written', write: second })
    expect(machine.takeWrite()).toBeUndefined()
    expect(machine.drained).toBe(true)
  })

  test('stays behind while an edit is only in memory, which the relay may have and leaves out of what it sends', () => {
    load([], { position: at(1) })
    connect()
    take({ type: 'edit', key: { tab: 'tab', seq: 1 }, update: edit(1) })
    joined({ position: at(2), resumed: true })
    take({ type: 'updates', handle: HANDLE, position: at(3), update: edit(1, 2) })
    const write = machine.takeWrite()!
    expect(write).toMatchObject({ position: at(1), update: edit(1, 2) })
    take({ type: 'written', write })
    ack(1, 3)
    expect(machine.takeWrite()).toMatchObject({ position: at(3), update: edit(1) })
  })

  test('covers an edit that was only in memory together with its bytes', () => {
    load()
    connect()
    joined()
    const key = { tab: 'here', seq: 1 }
    take({ type: 'edit', key, update: edit(1) })
    ack(1, 1)
    expect(machine.takeSettledEdits()).toEqual([{ key, rejected: false }])
    expect(machine.takeWrite()).toMatchObject({ position: at(1), update: edit(1), edits: [key] })
  })
})

describe('an edit that was refused because the relay has something else under its IDs', () => {
  const refused = { ref: 2, code: 'conflicting-update' }
  const rows = local(1, 2)
  const [settled, theirs] = rows.map(({ update }) => update) as [Uint8Array, Uint8Array]

  test('is asked for what the relay has, once nothing is on its way any more', () => {
    load(rows, { position: at(9), ackedRef: 1 })
    connect()
    joined({ resumed: true, position: at(9), stateVector: encodeStateVectorFromUpdate(settled) })
    const edits = edit(1, 8)
    take({ type: 'edit', key: 3, update: edits })
    expect(reject(1, 'conflicting-update', false)).toEqual([])
    expect(machine.disputed.ranges).toEqual([{ client: 1, start: 1, end: 2 }])
    const held = encodeStateVectorFromUpdate(mergeUpdates([settled, edits]))
    expect(ack(2, 10)).toEqual([
      { type: 'leave', handle: HANDLE },
      { type: 'join', position: undefined, stateVector: held },
    ])
    expect(machine.takeWrite()).toMatchObject({ rejected: [refused] })
  })

  test('counts as refused when the store is read again before it was told so', () => {
    load(rows, { position: at(9), ackedRef: 1 })
    connect()
    joined({ resumed: true, position: at(9), stateVector: encodeStateVectorFromUpdate(settled) })
    reject(1, 'conflicting-update', false)
    load(rows, { position: at(9), ackedRef: 1 })
    take({ type: 'disconnected' })
    const stateVector = encodeStateVectorFromUpdate(settled)
    expect(connect()).toEqual([{ type: 'join', position: undefined, stateVector }])
  })

  test('is asked for again after a reload, until it has come', () => {
    load(rows, { position: at(9), ackedRef: 2, rejected: [refused] })
    expect(connect()).toMatchObject([{ type: 'join', position: undefined }])
    joined()
    take({ type: 'updates', handle: HANDLE, position: at(9), update: theirs })
    take({ type: 'disconnected' })
    expect(connect()).toMatchObject([{ type: 'join', position: at(9) }])
  })
})

describe('a refill', () => {
  const settled: DeviceRow = { row: 1, ref: undefined, update: edit(1, 2) }

  test('is not needed by a device that was never told that anything is safe', () => {
    load(local(1))
    connect()
    expect(joined({ resumed: false })).toMatchObject([{ type: 'push' }])
  })

  function lose(): readonly RoomEffect[] {
    load([settled, { row: 2, ref: 1, update: edit(1) }], { position: at(9) })
    connect()
    return joined({ resumed: false, position: at(2, 5), stateVector: nowhere })
  }

  const more = edit(2, 3)
  const everything = mergeUpdates([settled.update, more])
  const refill = { merged: everything, rows: [settled.update, more] }

  test('reads what is settled first, and holds the outbox and the stored position meanwhile', () => {
    expect(lose()).toEqual([{ type: 'read-settled', membership: 1, stateVector: nowhere }])
    take({ type: 'updates', handle: HANDLE, position: at(2, 5), update: edit(1, 3) })
    expect(machine.takeWrite()).toMatchObject({ position: at(9), update: edit(1, 3) })
    expect(take({ type: 'settled-read', membership: 1, refill })).toEqual([
      { type: 'push', handle: HANDLE, ref: 1, update: everything },
      { type: 'push', handle: HANDLE, ref: 2, update: edit(1) },
    ])
    ack(1, 3, 5)
    expect(machine.outbox).toMatchObject({ ackedRef: 0, size: 1 })
    ack(2, 4, 5)
    expect(machine.takeWrite()).toMatchObject({ position: at(4, 5), settledRef: 1 })
    expect(machine.refilling).toBe(false)
  })

  test('that cannot be read for now does not hold the outbox', () => {
    lose()
    expect(take({ type: 'load-failed' })).toMatchObject([{ type: 'push', update: edit(1) }])
    expect(machine.refilling).toBe(true)
    take({ type: 'updates', handle: HANDLE, position: at(2, 5), update: edit(1, 4) })
    ack(1, 3, 5)
    expect(machine.storedPosition).toEqual(at(9))
    expect(machine.takeWrite()).toMatchObject({ position: at(9), settledRef: 1 })
    expect(take({ type: 'settled-read', membership: 1, refill })).toMatchObject([{ type: 'push', update: everything }])
    ack(2, 4, 5)
    expect(machine.refilling).toBe(false)
  })

  test('that was not finished starts over with the next membership', () => {
    lose()
    take({ type: 'settled-read', membership: 1, refill })
    take({ type: 'updates', handle: HANDLE, position: at(2, 5), update: edit(1, 3) })
    take({ type: 'disconnected' })
    expect(connect()).toMatchObject([{ type: 'join', position: at(9) }])
    expect(joined({ resumed: false, position: at(2, 5) })).toMatchObject([{ type: 'read-settled', membership: 2 }])
    // What was read for the membership before is of no use.
    expect(take({ type: 'settled-read', membership: 1, refill })).toEqual([])
  })

  test('that is refused goes on row by row', () => {
    lose()
    take({ type: 'settled-read', membership: 1, refill })
    take({ type: 'updates', handle: HANDLE, position: at(2, 5), update: edit(1, 4) })
    expect(reject(1, 'malformed-update', false)).toMatchObject([
      { type: 'push', ref: 3, update: settled.update },
      { type: 'push', ref: 4, update: more },
    ])
    reject(3, 'malformed-update', false)
    expect(machine.refilling).toBe(true)
    ack(4, 4, 5)
    take({ type: 'updates', handle: HANDLE, position: at(4, 5), update: edit(2, 4) })
    expect([machine.refilling, machine.outbox.size, machine.outbox.rejected]).toEqual([false, 0, []])
  })

  test('of a relay that lacks nothing is none, and acknowledges no edit', () => {
    lose()
    take({ type: 'updates', handle: HANDLE, position: at(2, 5), update: edit(1, 3) })
    const nothing = { merged: undefined, rows: refill.rows }
    expect(take({ type: 'settled-read', membership: 1, refill: nothing })).toMatchObject([
      { type: 'push', update: edit(1) },
    ])
    expect([machine.refilling, machine.outbox.ackedRef, machine.outbox.size]).toEqual([false, 0, 1])
  })

  test('is found to be due when the store can be read at last', () => {
    take({ type: 'load-failed' })
    connect()
    joined({ resumed: false, position: at(2, 5), stateVector: nowhere })
    expect(load([settled], { position: at(9) })).toMatchObject([{ type: 'read-settled', stateVector: nowhere }])
  })
})

describe('a relay that lacks units which this device was told are safe', () => {
  const settled: DeviceRow = { row: 1, ref: undefined, update: edit(1, 2) }
  const has = encodeStateVectorFromUpdate(settled.update)
  const refill = { merged: settled.update, rows: [settled.update] }
  const resync: RoomEvent = { type: 'resync', handle: HANDLE, stateVector: nowhere }

  function resume(stateVector: Uint8Array): readonly RoomEffect[] {
    load([settled, { row: 2, ref: 1, update: edit(1) }], { position: at(9) })
    connect()
    return joined({ resumed: true, position: at(9), stateVector })
  }

  test('gets them when this device resumes, and the outbox does not wait for that', () => {
    expect(resume(nowhere)).toEqual([
      { type: 'read-settled', membership: 1, stateVector: nowhere },
      { type: 'push', handle: HANDLE, ref: 1, update: edit(1) },
    ])
    expect(take({ type: 'settled-read', membership: 1, refill })).toMatchObject([
      { type: 'push', ref: 2, update: settled.update },
    ])
    ack(1, 10)
    ack(2, 11)
    expect([machine.refilling, machine.outbox.size]).toEqual([false, 0])
    expect(machine.takeWrite()).toMatchObject({ position: at(11), settledRef: 1 })
  })

  test('is not one that lacks the outbox alone', () => {
    expect(resume(has)).toMatchObject([{ type: 'push', update: edit(1) }])
  })

  test('gets them when it asks, once', () => {
    resume(has)
    expect(take(resync)).toEqual([{ type: 'read-settled', membership: 1, stateVector: nowhere }])
    take({ type: 'settled-read', membership: 1, refill })
    expect(ack(2, 10)).toEqual([])
    expect(machine.refilling).toBe(false)
  })

  test('and asks during a refill is answered after it', () => {
    resume(nowhere)
    expect(take(resync)).toEqual([])
    take({ type: 'settled-read', membership: 1, refill })
    expect(ack(2, 10)).toMatchObject([{ type: 'read-settled' }])
    expect(take({ type: 'settled-read', membership: 1, refill: { ...refill, merged: undefined } })).toEqual([])
    expect(machine.refilling).toBe(false)
  })

  test('gets nothing from a member who may only read', () => {
    load([settled], { position: at(9) })
    connect()
    expect(joined({ resumed: true, access: 'read', position: at(9), stateVector: nowhere })).toEqual([])
    expect(take(resync)).toEqual([])
    expect(machine.refilling).toBe(false)
  })

  test('and sends what is no state vector changes nothing', () => {
    resume(has)
    expect(() => take({ ...resync, stateVector: new Uint8Array([255, 255]) })).toThrow('unexpected-end')
    expect(machine.refilling).toBe(false)
  })
})

test('a state vector that is none changes nothing', () => {
  load()
  connect()
  const bad = new Uint8Array([255, 255])
  expect(() => joined({ stateVector: bad })).toThrow('unexpected-end')
  expect(machine.membership.state).toBe('joining')
})

test('an update that cannot be read is told of, and asked for again by the next membership; all else goes on', () => {
  load([], { position: at(3) })
  connect()
  joined({ resumed: true, position: at(5) })
  expect(take({ type: 'updates', handle: HANDLE, position: at(4), update: new Uint8Array([255, 255]) })).toEqual([])
  expect(machine.lastError).toMatchObject({ code: 'malformed-message' })
  expect(machine.takeWrite()).toBeUndefined()
  expect(take({ type: 'updates', handle: HANDLE, position: at(5), update: edit(1, 2) })).toMatchObject([
    { type: 'deliver' },
  ])
  expect(machine.takeWrite()).toMatchObject({ position: at(3), update: edit(1, 2) })
  expect(take({ type: 'edit', key: 1, update: edit(1) })).toMatchObject([{ type: 'push' }])
  ack(1, 6)
  expect(machine.outbox).toMatchObject({ ackedRef: 1, settledRef: 0 })
  take({ type: 'disconnected' })
  expect(connect()).toMatchObject([{ type: 'join', position: at(3) }])
  joined({ resumed: true, position: at(6) })
  take({ type: 'updates', handle: HANDLE, position: at(6), update: edit(1, 3) })
  expect(machine.outbox.size).toBe(1)
  ack(1, 6)
  expect(machine.outbox.settledRef).toBe(1)
})

test('rows that are damaged on this device are passed over', () => {
  load([
    { row: 1, ref: 1, update: new Uint8Array([255]) },
    { row: 2, ref: 2, update: edit(2) },
  ])
  connect()
  expect(joined()).toMatchObject([{ type: 'push', update: edit(2) }])
  expect(machine.lastError).toMatchObject({ code: 'store-failed' })
})

test('what a state vector promises is what the device has', () => {
  const doc = new Doc()
  doc.getText('text').insert(0, 'hello')
  const all = encodeStateAsUpdate(doc)
  load([{ row: 1, ref: undefined, update: all }], { position: at(1) })
  const [join] = connect()
  if (join?.type !== 'join') throw new Error('no join')
  expect(join.stateVector).toEqual(encodeStateVector(doc))
  expect(diffUpdate(all, join.stateVector)).toEqual(new Uint8Array(2))
})
