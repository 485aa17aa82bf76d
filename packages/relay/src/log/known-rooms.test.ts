import { expect, test } from 'vitest'
import { KnownRooms } from './known-rooms.ts'
import type { RoomRow } from './lmdb-rows.ts'
import { emptyHead } from './update-log.ts'

function rowsOf(names: Readonly<Record<string, number | undefined>>): ReadonlyMap<string, RoomRow | undefined> {
  const rowOf = (room: number): RoomRow => ({ room, writer: 1, writtenBytes: 0, head: emptyHead })
  return new Map(Object.entries(names).map(([name, room]) => [name, room === undefined ? undefined : rowOf(room)]))
}

function roomsIn(known: KnownRooms, names: string): readonly (number | undefined)[] {
  return names.split('').map((name) => known.get(name)?.room)
}

test('a row is as the last group left it, until a group removes the room or nothing is known any more', () => {
  const known = new KnownRooms()
  known.take(rowsOf({ a: 1, b: 2 }))
  known.take(rowsOf({ a: undefined, b: 3 }))
  expect(roomsIn(known, 'ab')).toEqual([undefined, 3])
  known.clear()
  expect(roomsIn(known, 'ab')).toEqual([undefined, undefined])
})

test('of more rooms than it keeps, those that were written to first are forgotten, and no others', () => {
  const known = new KnownRooms(3)
  known.take(rowsOf({ a: 1, b: 2 }))
  known.take(rowsOf({ c: 3, d: 4, b: 5 }))
  expect(roomsIn(known, 'abcd')).toEqual([undefined, 5, 3, 4])
  known.take(rowsOf({ e: 6, f: 7, c: undefined }))
  expect(roomsIn(known, 'abcdef')).toEqual([undefined, undefined, undefined, 4, 6, 7])
})

test('one group may be more than is kept', () => {
  const known = new KnownRooms(2)
  known.take(rowsOf({ a: 1, b: 2, c: 3, d: 4 }))
  expect(roomsIn(known, 'abcd')).toEqual([undefined, undefined, 3, 4])
})
