/**
 * From an ID to the row that holds it. Rows of a client are chained in the order of their clocks; on top of the chain a client has one of
 *
 * - nothing, while it has few rows: the chain is walked;
 * - hints: `hints[clock >> shift]` is the row that holds the first clock of that bucket, and the chain is followed from there. A lookup is one read and a
 *   step or two, several times as fast as a binary search;
 * - a sorted list of rows, where rows are spread so unevenly (a run of a billion units beside single ones) that hints would be either too many or too coarse.
 *   No honest document needs it; it bounds what a forged one can cost, in time and in memory.
 */
import { assert } from '../errors.ts'
import type { ClientTable } from './client-table.ts'
import * as RowRecord from './row-record.ts'
import { grown, NONE, type RowTable } from './row-table.ts'

// As in `row-table.ts`.
const ROW_WORDS = RowRecord.words
const CLOCK = RowRecord.clock
const LENGTH = RowRecord.length
const NEXT_BY_CLOCK = RowRecord.nextByClock

/** Up to so many rows the chain is walked. */
const WALKED_ROWS_MAX = 16

/** After so many steps from a hint, hints are taken to be of no use for the client. */
const WALK_STEPS_MAX = 512

/** Clocks are below 2^31, so that one more would put all in one bucket. */
const SHIFT_MAX = 30

interface Hints {
  shift: number
  rows: Int32Array
}

interface Sorted {
  count: number
  rows: Int32Array
}

export class IdIndex {
  readonly #rows: RowTable
  readonly #clients: ClientTable
  #hints: (Hints | undefined)[] | null = null
  #sorted: (Sorted | undefined)[] | null = null

  constructor(rows: RowTable, clients: ClientTable) {
    this.#rows = rows
    this.#clients = clients
  }

  /** The row that holds a unit which the document has. */
  find(client: number, clock: number): number {
    // Read directly: this is most of what integrating a run costs.
    const { words } = this.#rows
    const last = this.#clients.last(client)
    if (clock >= words[last * ROW_WORDS + CLOCK]!) return last
    const hints = this.#hints === null ? undefined : this.#hints[client]
    let row = hints === undefined ? NONE : hints.rows[clock >>> hints.shift]!
    if (row === NONE) {
      const sorted = this.#sorted?.[client]
      if (sorted !== undefined) return sorted.rows[this.#search(sorted, clock)]!
      if (this.#clients.rows(client) > WALKED_ROWS_MAX) {
        this.#hint(client)
        return this.find(client, clock)
      }
      row = this.#clients.first(client)
    }
    for (let steps = 0; ; steps++) {
      const at = row * ROW_WORDS
      if (words[at + CLOCK]! + words[at + LENGTH]! > clock) return row
      if (steps === WALK_STEPS_MAX) {
        this.#sort(client)
        return this.find(client, clock)
      }
      row = words[at + NEXT_BY_CLOCK]!
    }
  }

  /** Puts a row at the end of its client's chain: it begins where the last one ended. */
  append(client: number, row: number): void {
    const rows = this.#rows
    const last = this.#clients.append(client, row, rows.clockEnd(row))
    if (last !== NONE) rows.setNextByClock(last, row)
    this.added(client, row, rows.clock(row), rows.clockEnd(row), this.#clients.rows(client))
  }

  /** Takes over a client without units: its rows `first` … `last` are chained, and end before the clock `units`. Hints are made when they are needed. */
  adopt(client: number, first: number, last: number, units: number): void {
    const clients = this.#clients
    clients.append(client, last, units)
    clients.setFirst(client, first)
    clients.setRows(client, last - first + 1)
  }

  /** The last row of the client has grown: its units from `from` on are new. */
  extended(client: number, row: number, from: number): void {
    const end = this.#rows.clockEnd(row)
    this.#clients.setState(client, end)
    const hints = this.#hints?.[client]
    if (hints !== undefined) this.#claim(client, hints, row, from, end)
  }

  /** The units `from` … `to − 1`, at the border of two neighbours, are this row's now. */
  moved(client: number, row: number, from: number, to: number): void {
    const hints = this.#hints?.[client]
    if (hints !== undefined) this.#claim(client, hints, row, from, to)
  }

  /** Puts a row in the chain behind the one that it was split from. */
  insertAfter(client: number, left: number, row: number): void {
    const clients = this.#clients
    const rows = this.#rows
    rows.setNextByClock(row, rows.nextByClock(left))
    rows.setNextByClock(left, row)
    if (clients.last(client) === left) clients.setLast(client, row)
    const count = clients.rows(client) + 1
    clients.setRows(client, count)
    this.added(client, row, rows.clock(row), rows.clockEnd(row), count)
  }

  /** Takes a row out of the chain that is merged into the one before it. Its clock and length are still those it had. */
  remove(client: number, left: number, row: number): void {
    const clients = this.#clients
    const rows = this.#rows
    const sorted = this.#sorted?.[client]
    if (sorted !== undefined) {
      const at = this.#search(sorted, rows.clock(row))
      sorted.rows.copyWithin(at, at + 1, sorted.count)
      sorted.count--
    }
    rows.setNextByClock(left, rows.nextByClock(row))
    if (clients.last(client) === row) clients.setLast(client, left)
    clients.setRows(client, clients.rows(client) - 1)
    const hints = this.#hints?.[client]
    if (hints !== undefined) {
      const from = rows.clock(row)
      this.#claim(client, hints, left, from, rows.clockEnd(row))
    }
  }

  /** The row before, by clock; NONE for the first. */
  previous(client: number, row: number): number {
    const clock = this.#rows.clock(row)
    return clock === 0 ? NONE : this.find(client, clock - 1)
  }

  /** Makes room for the hints of a client without units that is about to get so many rows, up to this clock: made on the way, they would be made several times. */
  expect(client: number, rows: number, units: number): void {
    if (rows <= WALKED_ROWS_MAX || this.#clients.last(client) !== NONE) return
    const shift = shiftFor(units, rows)
    ;(this.#hints ??= [])[client] = { shift, rows: new Int32Array(((units - 1) >>> shift) + 1) }
  }

  /** A row is in the client's chain now, with the units `from` … `to − 1`; it is one of `count`. */
  added(client: number, row: number, from: number, to: number, count: number): void {
    const rows = this.#rows
    const sorted = this.#sorted === null ? undefined : this.#sorted[client]
    if (sorted !== undefined) {
      if (sorted.count === sorted.rows.length) sorted.rows = grown(sorted.rows, sorted.count * 2)
      const at =
        sorted.count === 0 || rows.clock(sorted.rows[sorted.count - 1]!) < from
          ? sorted.count
          : this.#search(sorted, from) + 1
      sorted.rows.copyWithin(at + 1, at, sorted.count)
      sorted.rows[at] = row
      sorted.count++
      return
    }
    const hints = this.#hints === null ? undefined : this.#hints[client]
    if (hints === undefined) {
      if (count > WALKED_ROWS_MAX) this.#hint(client)
      return
    }
    const buckets = (this.#clients.state(client) >>> hints.shift) + 1
    if (count > buckets * 8 || buckets > count * 4 + 128) this.#hint(client)
    else this.#claim(client, hints, row, from, to)
  }

  /** Makes hints for a client, one for about two rows. */
  #hint(client: number): void {
    const rows = this.#rows
    const units = this.#clients.state(client)
    const count = this.#clients.rows(client)
    const shift = shiftFor(units, count)
    const hints = { shift, rows: new Int32Array(((units - 1) >>> shift) + 1 + (count >> 2)) }
    ;(this.#hints ??= [])[client] = hints
    let crowd = 0
    let bucket = 0
    for (let row = this.#clients.first(client); row !== NONE; row = rows.nextByClock(row)) {
      const from = rows.clock(row)
      this.#claim(client, hints, row, from, rows.clockEnd(row))
      if (from >>> shift === bucket) crowd++
      else {
        bucket = from >>> shift
        crowd = 0
      }
      if (crowd > WALK_STEPS_MAX) {
        this.#sort(client)
        return
      }
    }
  }

  /** The units `from` … `to − 1` are the row's: so are the buckets that begin with one of them. */
  #claim(client: number, hints: Hints, row: number, from: number, to: number): void {
    const { shift } = hints
    const first = (from + (1 << shift) - 1) >>> shift
    const last = (to - 1) >>> shift
    if (first > last) return
    if (last >= hints.rows.length) {
      // What one row may claim was bounded when the shift was chosen; a giant run at the end asks for another.
      if (last > this.#clients.rows(client) * 8 + 128) {
        this.#hint(client)
        return
      }
      hints.rows = grown(hints.rows, Math.ceil((last + 1) * 1.5))
    }
    const { rows } = hints
    for (let bucket = first; bucket <= last; bucket++) rows[bucket] = row
  }

  #sort(client: number): void {
    const rows = this.#rows
    const count = this.#clients.rows(client)
    const sorted = { count: 0, rows: new Int32Array(count + (count >> 1)) }
    for (let row = this.#clients.first(client); row !== NONE; row = rows.nextByClock(row)) {
      sorted.rows[sorted.count++] = row
    }
    assert(sorted.count === count, 'the chain of a client has all its rows')
    if (this.#hints !== null) this.#hints[client] = undefined
    ;(this.#sorted ??= [])[client] = sorted
  }

  /** The index of the row that holds `clock`. */
  #search(sorted: Sorted, clock: number): number {
    const rows = this.#rows
    let low = 0
    let high = sorted.count - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (rows.clock(sorted.rows[middle]!) <= clock) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** How coarse hints have to be that there is one for about two rows. */
function shiftFor(units: number, rows: number): number {
  let shift = 0
  while (units / 2 ** shift > rows / 2 && shift < SHIFT_MAX) shift++
  return shift
}
