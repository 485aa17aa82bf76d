/**
 * What every device store promises: run by each backend. A *device* is what outlives a store (a database, a memory disk); two
 * stores on one device are two tabs, and a store opened after another was closed is a reload.
 *
 * Updates in here are lists of edit numbers, one byte each, and merging is concatenation: whether an edit is still there can be
 * seen by looking for its byte.
 */
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import type { DeviceHead, DeviceRow, DeviceStore } from './device-store.ts'
import { emptyDeviceHead } from './device-store.ts'

/** Opens a store on the device, as a tab does. */
export type Device = () => DeviceStore

export function deviceStoreContract(backend: string, newDevice: () => Device): void {
  const opened: DeviceStore[] = []

  /** A device with nothing on it. The stores opened on it are closed after the test. */
  function device(): Device {
    const open = newDevice()
    return () => {
      const store = open()
      opened.push(store)
      return store
    }
  }

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((store) => store.close()))
  })

  describe(`device store: ${backend}`, () => {
    test('a room that was never written is empty', async () => {
      const store = device()()
      expect(await store.load('a')).toEqual({ head: emptyDeviceHead, rows: [] })
      expect(await store.pendingRooms()).toEqual([])
    })

    test('local rows get refs and row numbers from one, and come back in order after a reload', async () => {
      const open = device()
      const store = open()
      expect(await store.appendLocal('a', bytes(1))).toEqual({ row: 1, ref: 1, update: bytes(1) })
      expect(await store.appendLocal('a', bytes(2))).toEqual({ row: 2, ref: 2, update: bytes(2) })
      await store.close()
      expect(await open().load('a')).toEqual({
        head: { ...emptyDeviceHead, nextRef: 3, nextRow: 3 },
        rows: [
          { row: 1, ref: 1, update: bytes(1) },
          { row: 2, ref: 2, update: bytes(2) },
        ],
      })
    })

    test('a remote row takes a row number and no ref, and moves the position with it', async () => {
      const open = device()
      const store = open()
      await store.appendLocal('a', bytes(1))
      const row = await store.appendRemote('a', bytes(2), { epoch: 7, seq: 3 })
      expect(row).toEqual({ row: 2, ref: undefined, update: bytes(2) })
      await store.appendLocal('a', bytes(3))
      const { head, rows } = await open().load('a')
      expect(head).toEqual({ ...emptyDeviceHead, position: { epoch: 7, seq: 3 }, nextRef: 3, nextRow: 4 })
      expect(rows.map(({ ref }) => ref)).toEqual([1, undefined, 2])
    })

    test('a remote row without a position leaves the position where it is', async () => {
      const store = device()()
      await store.appendRemote('a', bytes(1), undefined)
      expect((await store.load('a')).head).toEqual({ ...emptyDeviceHead, nextRow: 2 })
      await store.appendRemote('a', bytes(2), { epoch: 7, seq: 3 })
      await store.appendRemote('a', bytes(3), undefined)
      expect((await store.load('a')).head).toMatchObject({ position: { epoch: 7, seq: 3 }, nextRow: 4 })
    })

    test('a position moves alone when there is no update', async () => {
      const store = device()()
      expect(await store.appendRemote('a', undefined, { epoch: 7, seq: 3 })).toBeUndefined()
      expect(await store.load('a')).toEqual({ head: { ...emptyDeviceHead, position: { epoch: 7, seq: 3 } }, rows: [] })
    })

    test('a position may move back: a relay that lost data gives old places out again', async () => {
      const store = device()()
      await store.appendRemote('a', undefined, { epoch: 7, seq: 30 })
      await store.appendRemote('a', undefined, { epoch: 9, seq: 2 })
      expect((await store.load('a')).head.position).toEqual({ epoch: 9, seq: 2 })
    })

    test('rows after a row are loaded without those before it', async () => {
      const store = device()()
      for (const edit of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) await store.appendLocal('a', bytes(edit))
      const { rows } = await store.load('a', 9)
      expect(rows.map(({ row }) => row)).toEqual([10, 11])
      expect((await store.load('a', 11)).rows).toEqual([])
    })

    test('rooms are apart, whatever their names', async () => {
      const open = device()
      const names = [
        '',
        'a',
        'a\u0000',
        'a/b',
        'b',
        'ä',
        '𝒳',
        'head',
        'row',
        '\uD800',
        'constructor',
        '__proto__',
        'x'.repeat(512),
      ]
      const store = open()
      for (const [index, name] of names.entries()) await store.appendLocal(name, bytes(index))
      await store.delete('a')
      await store.close()
      const reloaded = open()
      expect(new Set(await reloaded.pendingRooms())).toEqual(new Set(names.filter((name) => name !== 'a')))
      for (const [index, name] of names.entries()) {
        const { rows } = await reloaded.load(name)
        expect(rows.map(({ update }) => Array.from(update))).toEqual(name === 'a' ? [] : [[index]])
      }
    })

    test('an empty update is a row like others', async () => {
      const store = device()()
      await store.appendRemote('a', bytes(), { epoch: 1, seq: 1 })
      expect((await store.load('a')).rows).toEqual([{ row: 1, ref: undefined, update: bytes() }])
    })

    test('a window on a larger buffer is stored without the rest of the buffer', async () => {
      const open = device()
      const store = open()
      const window = new Uint8Array(new ArrayBuffer(1 << 20), 100, 3).fill(5)
      await store.appendLocal('a', window)
      await store.appendRemote('a', window, { epoch: 1, seq: 1 })
      const { rows } = await open().load('a')
      for (const { update } of rows) {
        expect([...update]).toEqual([5, 5, 5])
        expect(update.buffer.byteLength).toBe(3)
      }
    })

    test('bytes may be written over once the promise has settled', async () => {
      const store = device()()
      const update = bytes(1)
      await store.appendLocal('a', update)
      update[0] = 2
      expect((await store.load('a')).rows).toEqual([{ row: 1, ref: 1, update: bytes(1) }])
    })

    test('writes of one store happen in the order of the calls, also when none was awaited', async () => {
      const store = device()()
      const rows = await Promise.all([1, 2, 3, 4, 5].map((edit) => store.appendLocal('a', bytes(edit))))
      expect(rows.map(({ ref }) => ref)).toEqual([1, 2, 3, 4, 5])
      const loaded = await store.load('a')
      expect(loaded.rows.map(({ update }) => update[0])).toEqual([1, 2, 3, 4, 5])
    })

    describe('the outbox', () => {
      test('a room is pending while a local row is above ackedRef', async () => {
        const open = device()
        const store = open()
        await store.appendLocal('a', bytes(1))
        await store.appendLocal('a', bytes(2))
        await store.appendRemote('b', bytes(3), { epoch: 1, seq: 1 })
        expect(await open().pendingRooms()).toEqual(['a'])
        expect((await store.settle('a', { ackedRef: 1 })).ackedRef).toBe(1)
        expect(await store.pendingRooms()).toEqual(['a'])
        await store.settle('a', { ackedRef: 2, position: { epoch: 1, seq: 2 } })
        expect(await store.pendingRooms()).toEqual([])
        expect((await open().load('a')).head).toMatchObject({ ackedRef: 2, position: { epoch: 1, seq: 2 } })
      })

      test('ackedRef is never lowered, and never raised past the last ref given out', async () => {
        const store = device()()
        await store.appendLocal('a', bytes(1))
        await store.appendLocal('a', bytes(2))
        await store.settle('a', { ackedRef: 2 })
        expect((await store.settle('a', { ackedRef: 1 })).ackedRef).toBe(2)
        expect((await store.settle('a', { ackedRef: 9 })).ackedRef).toBe(2)
        await store.appendLocal('a', bytes(3))
        expect(await store.pendingRooms()).toEqual(['a'])
      })

      test('rejected rows are kept, and are not pending', async () => {
        const store = device()()
        for (const edit of [1, 2, 3]) await store.appendLocal('a', bytes(edit))
        await store.settle('a', { ackedRef: 0, rejected: [{ ref: 3, code: 'late' }] })
        const head = await store.settle('a', {
          ackedRef: 1,
          rejected: [
            { ref: 2, code: 'bad' },
            { ref: 3, code: 'again' },
          ],
        })
        expect(head.rejected).toEqual([
          { ref: 2, code: 'bad' },
          { ref: 3, code: 'late' },
        ])
        expect(await store.pendingRooms()).toEqual([])
        expect((await store.load('a')).rows).toHaveLength(3)
      })
    })

    describe('fold', () => {
      test('rows are replaced by one remote row at the number of the last', async () => {
        const open = device()
        const store = open()
        await store.appendLocal('a', bytes(1))
        await store.appendRemote('a', bytes(2), { epoch: 1, seq: 1 })
        await store.appendLocal('a', bytes(3))
        const { head } = { head: await store.settle('a', { ackedRef: 1 }) }
        const { rows } = await store.load('a')
        expect(await store.fold('a', rows.slice(0, 2), bytes(1, 2))).toBe(true)
        expect(await open().load('a')).toEqual({
          head,
          rows: [
            { row: 2, ref: undefined, update: bytes(1, 2) },
            { row: 3, ref: 2, update: bytes(3) },
          ],
        })
      })

      test('a reader who has some of the folded rows gets the whole fold', async () => {
        const store = device()()
        for (const seq of [1, 2, 3, 4]) await store.appendRemote('a', bytes(seq), { epoch: 1, seq })
        const { rows } = await store.load('a')
        await store.fold('a', rows.slice(0, 3), bytes(1, 2, 3))
        expect((await store.load('a', 2)).rows.map(({ update }) => Array.from(update))).toEqual([[1, 2, 3], [4]])
        expect((await store.load('a', 3)).rows.map(({ update }) => Array.from(update))).toEqual([[4]])
      })

      test('nothing is folded when there is nothing, or no room', async () => {
        const store = device()()
        expect(await store.fold('a', [], bytes())).toBe(false)
        expect(await store.fold('a', [{ row: 1, ref: undefined, update: bytes(1) }], bytes(1))).toBe(false)
        expect(await store.load('a')).toEqual({ head: emptyDeviceHead, rows: [] })
      })

      test('nothing is folded when one of the rows is gone', async () => {
        const store = device()()
        for (const seq of [1, 2, 3]) await store.appendRemote('a', bytes(seq), { epoch: 1, seq })
        const { rows } = await store.load('a')
        expect(await store.fold('a', rows.slice(0, 2), bytes(1, 2))).toBe(true)
        expect(await store.fold('a', rows, bytes(1, 2, 3))).toBe(false)
        expect((await store.load('a')).rows.map(({ update }) => Array.from(update))).toEqual([[1, 2], [3]])
      })

      test('nothing is folded when earlier rows were folded into one of them since it was loaded', async () => {
        const store = device()()
        for (const seq of [1, 2, 3]) await store.appendRemote('a', bytes(seq), { epoch: 1, seq })
        const { rows } = await store.load('a')
        expect(await store.fold('a', rows.slice(0, 2), bytes(1, 2))).toBe(true)
        expect(await store.fold('a', rows.slice(1), bytes(2, 3))).toBe(false)
        expect((await store.load('a')).rows.map(({ update }) => Array.from(update))).toEqual([[1, 2], [3]])
      })

      test('nothing is folded when one of the rows is in the outbox or was rejected', async () => {
        const store = device()()
        for (const edit of [1, 2, 3]) await store.appendLocal('a', bytes(edit))
        await store.settle('a', { ackedRef: 2, rejected: [{ ref: 2, code: 'bad' }] })
        const { rows } = await store.load('a')
        expect(await store.fold('a', rows.slice(0, 2), bytes(1, 2))).toBe(false)
        expect(
          await store.fold(
            'a',
            rows.filter(({ ref }) => ref !== 2),
            bytes(1, 3),
          ),
        ).toBe(false)
        expect((await store.load('a')).rows).toEqual(rows)
        expect(await store.fold('a', rows.slice(0, 1), bytes(1))).toBe(true)
      })
    })

    describe('delete', () => {
      test('a deleted room is empty and not pending, after a reload too', async () => {
        const open = device()
        const store = open()
        await store.appendLocal('a', bytes(1))
        await store.appendLocal('b', bytes(2))
        await store.delete('a')
        await store.delete('never')
        const reloaded = open()
        expect(await reloaded.pendingRooms()).toEqual(['b'])
        const { head, rows } = await reloaded.load('a')
        expect(rows).toEqual([])
        expect(head).toMatchObject({ position: undefined, rejected: [] })
      })

      test('what comes late for the rows of a deleted room does not settle the rows of its successor', async () => {
        const store = device()()
        const first = await store.appendLocal('a', bytes(1))
        const second = await store.appendLocal('a', bytes(2))
        await store.delete('a')
        const later = await store.appendLocal('a', bytes(3))
        expect(later.ref).toBeGreaterThan(second.ref ?? Number.NaN)
        expect(later.row).toBeGreaterThan(second.row)
        expect(await store.fold('a', [first, second], bytes(1, 2))).toBe(false)
        await store.settle('a', { ackedRef: 2 })
        expect(await store.pendingRooms()).toEqual(['a'])
        await store.settle('a', { ackedRef: later.ref ?? Number.NaN })
        expect(await store.pendingRooms()).toEqual([])
      })
    })

    describe('close', () => {
      test('every verb of a closed store rejects with closed; closing again is fine', async () => {
        const store = device()()
        await store.appendLocal('a', bytes(1))
        const { rows } = await store.load('a')
        await store.close()
        await store.close()
        const closed = { name: 'SynclineError', code: 'closed' }
        await expect(store.pendingRooms()).rejects.toMatchObject(closed)
        await expect(store.load('a')).rejects.toMatchObject(closed)
        await expect(store.appendLocal('a', bytes(1))).rejects.toMatchObject(closed)
        await expect(store.appendRemote('a', undefined, { epoch: 1, seq: 1 })).rejects.toMatchObject(closed)
        await expect(store.settle('a', { ackedRef: 1 })).rejects.toMatchObject(closed)
        await expect(store.fold('a', rows, bytes(1))).rejects.toMatchObject(closed)
        await expect(store.delete('a')).rejects.toMatchObject(closed)
      })

      test('close waits for the writes under way, and they happen', async () => {
        const open = device()
        const store = open()
        let written = 0
        const writes = [1, 2, 3].map(async (edit) => {
          await store.appendLocal('a', bytes(edit))
          written += 1
        })
        await store.close()
        await Promise.all(writes)
        expect(written).toBe(3)
        expect((await open().load('a')).rows).toHaveLength(3)
      })

      test('closing one tab leaves the others working', async () => {
        const open = device()
        const [one, two] = [open(), open()]
        await Promise.all([one.appendLocal('a', bytes(1)), two.appendLocal('a', bytes(2))])
        await one.close()
        await two.appendLocal('a', bytes(3))
        expect((await two.load('a')).rows).toHaveLength(3)
      })
    })

    test('two tabs step by step do what the model does', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40, size: 'max' }), async (steps) => {
          const open = device()
          const tabs = [openTab(open), openTab(open)] as const
          const model = new Model()
          for (const [index, { tab, verb }] of steps.entries()) {
            const got = await perform(tabs[tab], verb, index, open)
            expect({ verb, got }).toEqual({ verb, got: model.perform(tab, verb, index) })
          }
          for (const room of rooms) {
            expect(await tabs[0].store.load(room)).toEqual(model.load(room))
          }
          expect(new Set(await tabs[1].store.pendingRooms())).toEqual(new Set(model.pendingRooms()))
        }),
        { numRuns: 40 },
      )
    })

    test('two tabs at once lose no edit and give no number out twice', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(verb, { maxLength: 15 }),
          fc.array(verb, { maxLength: 15 }),
          async (first, second) => {
            const open = device()
            const appended: { readonly room: string; readonly row: DeviceRow; readonly edit: number }[] = []
            const run = async (tab: Tab, verbs: readonly Verb[], firstEdit: number): Promise<void> => {
              for (const [index, next] of verbs.entries()) {
                if (next.type === 'delete') continue
                const edit = firstEdit + index
                const row = await perform(tab, next, edit, open)
                if (next.type === 'local' || next.type === 'remote') {
                  appended.push({ room: next.room, row: row as DeviceRow, edit })
                }
              }
            }
            const tabs = [openTab(open), openTab(open)] as const
            await Promise.all([run(tabs[0], first, 0), run(tabs[1], second, 100)])
            for (const room of rooms) {
              const own = appended.filter((one) => one.room === room)
              const { head, rows } = await tabs[0].store.load(room)
              expect(rows.flatMap(({ update }) => Array.from(update)).sort(rising)).toEqual(
                own.map(({ edit }) => edit).sort(rising),
              )
              expect(own.map(({ row }) => row.row).sort(rising)).toEqual(own.map((_, index) => index + 1))
              const refs = own.flatMap(({ row }) => row.ref ?? [])
              expect(refs.sort(rising)).toEqual(refs.map((_, index) => index + 1))
              expect(head).toMatchObject({ nextRow: own.length + 1, nextRef: refs.length + 1 })
            }
          },
        ),
        { numRuns: 25 },
      )
    })
  })
}

const rooms = ['a', 'b'] as const

type Verb =
  | { readonly type: 'local' | 'remote' | 'delete' | 'snapshot' | 'reload'; readonly room: string }
  | { readonly type: 'settle'; readonly room: string; readonly ackedRef: number; readonly rejected: readonly number[] }
  /** Folds the rows that `mask` picks from the tab's last snapshot, however old that is. */
  | { readonly type: 'fold'; readonly room: string; readonly mask: number }

/** Weighed so that most runs have a fold that works, and many one that comes too late. */
const room = fc.oneof({ weight: 4, arbitrary: fc.constant(rooms[0]) }, { weight: 1, arbitrary: fc.constant(rooms[1]) })
const verb: fc.Arbitrary<Verb> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('remote'), room }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('local'), room }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('snapshot'), room }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('delete', 'reload'), room }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('settle'),
      room,
      ackedRef: fc.nat(8),
      rejected: fc.array(fc.integer({ min: 1, max: 8 }), { maxLength: 1 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('fold'), room, mask: fc.integer({ min: 1, max: 15 }) }) },
)
const step = fc.record({ tab: fc.constantFrom(0, 1), verb })

interface Tab {
  store: DeviceStore
  readonly snapshots: Map<string, readonly DeviceRow[]>
}

function openTab(open: Device): Tab {
  return { store: open(), snapshots: new Map() }
}

/** Performs a verb and returns what it returned. */
async function perform(tab: Tab, next: Verb, edit: number, open: Device): Promise<unknown> {
  const { store, snapshots } = tab
  switch (next.type) {
    case 'local':
      return store.appendLocal(next.room, bytes(edit))
    case 'remote':
      return store.appendRemote(next.room, bytes(edit), { epoch: 1, seq: edit })
    case 'delete':
      return store.delete(next.room)
    case 'reload':
      await store.close()
      tab.store = open()
      return undefined
    case 'snapshot': {
      const loaded = await store.load(next.room)
      snapshots.set(next.room, loaded.rows)
      return loaded
    }
    case 'settle':
      return store.settle(next.room, settlement(next))
    case 'fold': {
      const rows = picked(snapshots.get(next.room), next.mask)
      return store.fold(next.room, rows, merged(rows))
    }
  }
}

/** The contract in the plainest words: whole rooms as plain data, every verb on its own terms. */
class Model {
  readonly #rooms = new Map<string, { head: DeviceHead; rows: DeviceRow[] }>()
  readonly #snapshots = new Map<string, readonly DeviceRow[]>()
  #highest = 0

  perform(tab: number, next: Verb, edit: number): unknown {
    const stored = this.load(next.room)
    const { head } = stored
    switch (next.type) {
      case 'local': {
        const row = { row: head.nextRow, ref: head.nextRef, update: bytes(edit) }
        this.#write(next.room, { ...head, nextRow: row.row + 1, nextRef: row.ref + 1 }, [...stored.rows, row])
        return row
      }
      case 'remote': {
        const row = { row: head.nextRow, ref: undefined, update: bytes(edit) }
        const position = { epoch: 1, seq: edit }
        this.#write(next.room, { ...head, nextRow: row.row + 1, position }, [...stored.rows, row])
        return row
      }
      case 'delete':
        this.#highest = Math.max(this.#highest, head.nextRow - 1, head.nextRef - 1)
        this.#rooms.delete(next.room)
        return undefined
      case 'reload':
        return undefined
      case 'snapshot':
        this.#snapshots.set(`${tab} ${next.room}`, stored.rows)
        return stored
      case 'settle': {
        const rejected = new Map(head.rejected.map((one) => [one.ref, one]))
        for (const one of settlement(next).rejected) if (!rejected.has(one.ref)) rejected.set(one.ref, one)
        const last = head.nextRef - 1
        const settled = {
          ...head,
          ackedRef: next.ackedRef > last ? last : next.ackedRef < head.ackedRef ? head.ackedRef : next.ackedRef,
          rejected: [...rejected.values()].sort((a, b) => a.ref - b.ref),
        }
        this.#write(next.room, settled, stored.rows)
        return settled
      }
      case 'fold': {
        const rows = picked(this.#snapshots.get(`${tab} ${next.room}`), next.mask)
        const same = rows.every((row) =>
          stored.rows.some((one) => String([one.row, one.ref, one.update]) === String([row.row, row.ref, row.update])),
        )
        const settled = rows.every(
          ({ ref }) =>
            ref === undefined || (ref <= head.ackedRef && !head.rejected.some((rejected) => rejected.ref === ref)),
        )
        if (rows.length === 0 || !same || !settled) return false
        const last = rows.at(-1)!
        const fold = { row: last.row, ref: undefined, update: merged(rows) }
        const kept = stored.rows.filter(({ row }) => !rows.some((folded) => folded.row === row))
        this.#write(
          next.room,
          head,
          [...kept, fold].sort((a, b) => a.row - b.row),
        )
        return true
      }
    }
  }

  load(name: string): { head: DeviceHead; rows: readonly DeviceRow[] } {
    const from = this.#highest + 1
    const head = { ...emptyDeviceHead, ackedRef: from - 1, nextRef: from, nextRow: from }
    return this.#rooms.get(name) ?? { head, rows: [] }
  }

  pendingRooms(): string[] {
    const pending = [...this.#rooms].filter(([, { head, rows }]) =>
      rows.some(({ ref }) => ref !== undefined && ref > head.ackedRef && !head.rejected.some((one) => one.ref === ref)),
    )
    return pending.map(([name]) => name)
  }

  #write(name: string, head: DeviceHead, rows: readonly DeviceRow[]): void {
    this.#rooms.set(name, { head, rows: [...rows] })
  }
}

function settlement(next: Extract<Verb, { type: 'settle' }>): {
  readonly ackedRef: number
  readonly rejected: readonly { ref: number; code: string }[]
} {
  return { ackedRef: next.ackedRef, rejected: next.rejected.map((ref) => ({ ref, code: 'bad' })) }
}

function picked(rows: readonly DeviceRow[] = [], mask: number): readonly DeviceRow[] {
  return rows.filter((_, index) => (mask >> (index % 8)) & 1)
}

function merged(rows: readonly DeviceRow[]): Uint8Array {
  return Uint8Array.from(rows.flatMap(({ update }) => Array.from(update)))
}

function bytes(...values: number[]): Uint8Array {
  return Uint8Array.from(values)
}

function rising(a: number, b: number): number {
  return a - b
}
