/**
 * The promises of {@link UpdateLog} as tests, run by every backend. A backend hands in a *medium*: what outlives the
 * log that is opened on it, and what can be copied as an operator copies a data directory.
 */
import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { EPOCHS_MAX, emptyHead, isInHistory, type LogSlice, type RoomHead, type UpdateLog } from './update-log.ts'
import type { Position } from '@syncline/protocol'

export interface LogMedium {
  /** Opens the log on this medium; only one at a time is open. */
  open(): Promise<UpdateLog>
  /** A copy of what is stored, as long as no log is open. */
  copy(): Promise<LogMedium>
  dispose(): Promise<void>
}

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values)
const texts = (slice: LogSlice): readonly string[] => slice.updates.map((update) => [...update].join(','))

/** What a room should hold: the values appended, up to where they are folded, and whose its client IDs are. */
interface RoomModel {
  readonly values: number[]
  checkpointSeq: number
  readonly owners: Map<number, string>
}

const emptyModel = (): RoomModel => ({ values: [], checkpointSeq: 0, owners: new Map() })

/** The author of the entry that holds `value`; at time 0 it has none. */
const authorOf = (value: number): { subject: string; time: number } => ({ subject: `s${value % 3}`, time: value % 4 })

export function updateLogContract(backend: string, createMedium: () => Promise<LogMedium>): void {
  describe(`${backend} keeps the promises of a log`, () => {
    const open = new Set<UpdateLog>()
    const media = new Set<LogMedium>()

    const newMedium = async (): Promise<LogMedium> => {
      const medium = await createMedium()
      media.add(medium)
      return medium
    }
    const openOn = async (medium: LogMedium): Promise<UpdateLog> => {
      const log = await medium.open()
      open.add(log)
      return log
    }
    const openNew = async (): Promise<UpdateLog> => openOn(await newMedium())
    const appendOne = async (log: UpdateLog, room: string, ...values: readonly number[]): Promise<Position> =>
      (await log.append([{ room, update: bytes(...values) }])).at(0)!
    const roomsOf = async (log: UpdateLog): Promise<readonly string[]> => {
      const names: string[] = []
      for await (const room of log.rooms()) names.push(room)
      return names.sort()
    }

    afterEach(async () => {
      for (const log of open) await log.close()
      for (const medium of media) await medium.dispose()
      open.clear()
      media.clear()
    })

    it('knows nothing of a room that was never written', async () => {
      const log = await openNew()
      expect(await log.head('a')).toEqual(emptyHead)
      expect(await log.read('a', 0)).toEqual({ position: { epoch: 0, seq: 0 }, updates: [] })
      expect(await roomsOf(log)).toEqual([])
    })

    it('numbers the entries of each room from 1, in one epoch', async () => {
      const log = await openNew()
      const first = await appendOne(log, 'a', 1)
      const second = await appendOne(log, 'a', 2)
      const other = await appendOne(log, 'b', 3)
      expect([first.seq, second.seq, other.seq]).toEqual([1, 2, 1])
      expect(second.epoch).toBe(first.epoch)
      expect(other.epoch).not.toBe(first.epoch)
      expect(Number.isSafeInteger(first.epoch) && first.epoch > 0).toBe(true)
    })

    it('reads what was appended after a seq, in order', async () => {
      const log = await openNew()
      await log.append([1, 2, 3].map((value) => ({ room: 'a', update: bytes(value) })))
      expect(texts(await log.read('a', 0))).toEqual(['1', '2', '3'])
      expect(texts(await log.read('a', 2))).toEqual(['3'])
      expect(await log.read('a', 3)).toEqual({ position: { epoch: expect.any(Number), seq: 3 }, updates: [] })
      expect(texts(await log.read('a', 99))).toEqual([])
    })

    it('gives a batch over several rooms one position each, in its order', async () => {
      const log = await openNew()
      const positions = await log.append(['a', 'b', 'a'].map((room) => ({ room, update: bytes(1) })))
      expect(positions.map(({ seq }) => seq)).toEqual([1, 1, 2])
      expect(await log.append([])).toEqual([])
    })

    it('keeps updates of no bytes, and of many', async () => {
      const log = await openNew()
      const large = new Uint8Array(5_000_000).map((_, index) => index % 251)
      await log.append([
        { room: 'a', update: bytes() },
        { room: 'a', update: large },
      ])
      const { updates } = await log.read('a', 0)
      expect(updates.map(({ length }) => length)).toEqual([0, large.length])
      expect(Buffer.compare(updates.at(1)!, large)).toBe(0)
    })

    it('keeps its own copy of what was appended, and gives copies out', async () => {
      const log = await openNew()
      const update = bytes(1, 2)
      await log.append([{ room: 'a', update }])
      update.fill(9)
      const read = (await log.read('a', 0)).updates.at(0)!
      read.fill(8)
      expect(texts(await log.read('a', 0))).toEqual(['1,2'])
    })

    it('keeps rooms with any name apart', async () => {
      const log = await openNew()
      const names = ['a', 'a/b', 'ä', '文', '🙂', 'a'.repeat(512), '\u{10FFFF}', ' ']
      await log.append(names.map((room, index) => ({ room, update: bytes(index) })))
      for (const [index, room] of names.entries()) expect(texts(await log.read(room, 0))).toEqual([`${index}`])
      expect(await roomsOf(log)).toEqual([...names].sort())
    })

    it('lists more rooms than one look at the disk returns', async () => {
      const log = await openNew()
      const names = Array.from({ length: 600 }, (_, index) => `room ${index}`)
      await log.append(names.map((room) => ({ room, update: bytes(1) })))
      expect(await roomsOf(log)).toEqual(names.sort())
    })

    it('lists rooms in the order of their bytes, from any name on', async () => {
      const log = await openNew()
      const names = ['b', 'a/b', 'ä', 'a', '文', '\u{10FFFF}', '\uFFFD', 'a b', 'ab']
      await log.append(names.map((room) => ({ room, update: bytes(1) })))
      const sorted = [...names].sort((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)))
      const after = async (start?: string): Promise<string[]> => {
        const listed: string[] = []
        for await (const room of log.rooms(start)) listed.push(room)
        return listed
      }
      expect(await after()).toEqual(sorted)
      for (const [index, name] of sorted.entries()) expect(await after(name)).toEqual(sorted.slice(index + 1))
      expect(await after('a/a')).toEqual(sorted.slice(sorted.indexOf('a/b')))
      expect(await after('zzz')).toEqual(sorted.slice(sorted.indexOf('ä')))
      expect(await after('\u{10FFFF}x')).toEqual([])
    })

    it('settles appends in the order of the calls, and shares flushes among them', async () => {
      const log = await openNew()
      const settled: number[] = []
      const appends = Array.from({ length: 500 }, async (_, index) => {
        const position = await appendOne(log, `room ${index % 3}`, index % 256)
        settled.push(index)
        return position.seq
      })
      const seqs = await Promise.all(appends)
      expect(settled).toEqual(appends.map((_, index) => index))
      expect(seqs).toEqual(appends.map((_, index) => Math.floor(index / 3) + 1))
      expect(log.stats).toMatchObject({ entries: 500, pendingBytes: 0 })
      expect(log.stats.flushes).toBeLessThan(20)
    })

    it('counts the tail and the checkpoint in the head', async () => {
      const log = await openNew()
      await appendOne(log, 'a', 1, 2, 3)
      const upTo = await appendOne(log, 'a', 4)
      await appendOne(log, 'a', 5, 6)
      expect(await log.head('a')).toMatchObject({ checkpointSeq: 0, checkpointBytes: 0, tailEntries: 3, tailBytes: 6 })
      expect(await log.checkpoint('a', upTo, bytes(7, 7, 7, 7))).toBe(true)
      expect(await log.head('a')).toMatchObject({ checkpointSeq: 2, checkpointBytes: 4, tailEntries: 1, tailBytes: 2 })
    })

    it('reads the checkpoint whole from before it, and the tail alone from after it', async () => {
      const log = await openNew()
      const positions = await log.append([1, 2, 3].map((value) => ({ room: 'a', update: bytes(value) })))
      await log.checkpoint('a', positions.at(1)!, bytes(12))
      expect(texts(await log.read('a', 0))).toEqual(['12', '3'])
      expect(texts(await log.read('a', 1))).toEqual(['12', '3'])
      expect(texts(await log.read('a', 2))).toEqual(['3'])
      expect((await log.read('a', 0)).position).toEqual(positions[2])
      await log.checkpoint('a', positions.at(2)!, bytes(123))
      expect(texts(await log.read('a', 0))).toEqual(['123'])
      expect(texts(await log.read('a', 3))).toEqual([])
    })

    it('refuses a checkpoint that is behind, ahead, or of another history', async () => {
      const log = await openNew()
      const first = await appendOne(log, 'a', 1)
      const second = await appendOne(log, 'a', 2)
      expect(await log.checkpoint('a', second, bytes(12))).toBe(true)
      expect(await log.checkpoint('a', second, bytes(99))).toBe(false)
      expect(await log.checkpoint('a', first, bytes(99))).toBe(false)
      expect(await log.checkpoint('a', { ...second, seq: 3 }, bytes(99))).toBe(false)
      expect(await log.checkpoint('nobody', first, bytes(99))).toBe(false)
      await appendOne(log, 'a', 3)
      expect(await log.checkpoint('a', { epoch: second.epoch + 1, seq: 3 }, bytes(99))).toBe(false)
      expect(texts(await log.read('a', 0))).toEqual(['12', '3'])
    })

    it('loses no append that arrives while a checkpoint is written', async () => {
      const log = await openNew()
      const upTo = await appendOne(log, 'a', 1)
      const before = appendOne(log, 'a', 2)
      const checkpoint = log.checkpoint('a', upTo, bytes(10))
      const after = appendOne(log, 'a', 3)
      expect(await checkpoint).toBe(true)
      expect([(await before).seq, (await after).seq]).toEqual([2, 3])
      expect(texts(await log.read('a', 0))).toEqual(['10', '2', '3'])
    })

    it('covers more entries by a checkpoint, and drops more, than it removes at a time', async () => {
      const log = await openNew()
      const many = Array.from({ length: 9000 }, () => ({ room: 'a', update: bytes(1) }))
      const last = (await log.append(many)).at(-1)!
      await appendOne(log, 'a', 2)
      expect(await log.checkpoint('a', last, bytes(9))).toBe(true)
      expect(texts(await log.read('a', 0))).toEqual(['9', '2'])
      await log.append(many)
      await log.drop('a')
      expect(await log.head('a')).toEqual(emptyHead)
      expect((await appendOne(log, 'a', 3)).seq).toBe(1)
      expect(texts(await log.read('a', 0))).toEqual(['3'])
    })

    it('tells who wrote each entry that a checkpoint has not swallowed, and when', async () => {
      const medium = await newMedium()
      let log = await openOn(medium)
      const long = { subject: `${'é'.repeat(127)}x`, time: Number.MAX_SAFE_INTEGER }
      const positions = await log.append([
        { room: 'a', update: bytes(1), author: { subject: 'ada', time: 5 } },
        { room: 'a', update: bytes(2) },
        { room: 'a', update: bytes(3), author: long },
      ])
      const authored = [
        { seq: 1, subject: 'ada', time: 5 },
        { seq: 3, ...long },
      ]
      expect(await log.authors('a', 0)).toEqual(authored)
      expect(await log.authors('a', 1)).toEqual(authored.slice(1))
      expect(await log.authors('a', 99)).toEqual([])
      expect(await log.authors('b', 0)).toEqual([])
      await log.close()
      log = await openOn(medium)
      expect(await log.authors('a', 0)).toEqual(authored)
      expect(texts(await log.read('a', 0))).toEqual(['1', '2', '3'])
      expect(await log.checkpoint('a', positions.at(1)!, bytes(9))).toBe(true)
      expect(await log.authors('a', 0)).toEqual(authored.slice(1))
    })

    it('gives a client ID to the author of the first entry that claims it, and to nobody else', async () => {
      const medium = await newMedium()
      let log = await openOn(medium)
      const ada = { subject: 'ada', time: 5 }
      const clientIds = [0, 1, 2 ** 32, 2 ** 48, Number.MAX_SAFE_INTEGER]
      const append = async (claims: readonly number[], author?: { subject: string; time: number }): Promise<Position> =>
        (await log.append([{ room: 'a', update: bytes(1), author, claims }])).at(0)!
      await append([7])
      const last = await append(clientIds, ada)
      await append([0, 9], { subject: 'bob', time: 6 })
      await log.append([{ room: 'b', update: bytes(1), author: { subject: 'bob', time: 7 }, claims: [1] }])
      const owned = clientIds.map((clientId) => ({ clientId, subject: 'ada', time: 5 }))
      owned.push({ clientId: 9, subject: 'bob', time: 6 })
      const owners = async (room: string): Promise<unknown> =>
        [...(await log.owners(room))].sort((a, b) => a.clientId - b.clientId)
      const sorted = owned.sort((a, b) => a.clientId - b.clientId)
      expect(await owners('a')).toEqual(sorted)
      expect(await owners('b')).toEqual([{ clientId: 1, subject: 'bob', time: 7 }])
      expect(await owners('c')).toEqual([])
      await log.checkpoint('a', last, bytes(9))
      await log.close()
      log = await openOn(medium)
      expect(await owners('a'), 'checkpoints and restarts leave them alone').toEqual(sorted)
      await log.drop('a')
      expect(await owners('a')).toEqual([])
      await append([0], { subject: 'bob', time: 8 })
      expect(await owners('a')).toEqual([{ clientId: 0, subject: 'bob', time: 8 }])
      expect(await owners('b')).toEqual([{ clientId: 1, subject: 'bob', time: 7 }])
    })

    it('keeps more owners than one look at the disk returns, and forgets more than it removes at a time', async () => {
      const medium = await newMedium()
      const log = await openOn(medium)
      const claims = Array.from({ length: 10_000 }, (_, index) => index * 7)
      const author = { subject: 'ada', time: 1 }
      const appended = log.append([{ room: 'a', update: bytes(1), author, claims }])
      await appended
      expect((await log.owners('a')).map(({ clientId }) => clientId).sort((a, b) => a - b)).toEqual(claims)
      await Promise.all([log.append([{ room: 'a', update: bytes(1), author, claims: [1] }]), log.drop('a')])
      expect(await log.owners('a')).toEqual([])
    })

    it('forgets a room that is dropped, and begins it anew in another epoch', async () => {
      const log = await openNew()
      const old = await appendOne(log, 'a', 1)
      await log.checkpoint('a', old, bytes(10))
      await appendOne(log, 'b', 2)
      await log.drop('a')
      await log.drop('a')
      expect(await log.head('a')).toEqual(emptyHead)
      expect(await roomsOf(log)).toEqual(['b'])
      const fresh = await appendOne(log, 'a', 3)
      expect(fresh.seq).toBe(1)
      expect(isInHistory(await log.head('a'), old)).toBe(false)
      expect(await log.checkpoint('a', old, bytes(10))).toBe(false)
      expect(texts(await log.read('a', 0))).toEqual(['3'])
    })

    it('has everything again after it was reopened, and goes on in a new epoch', async () => {
      const medium = await newMedium()
      const log = await openOn(medium)
      const first = await appendOne(log, 'a', 1)
      const second = await appendOne(log, 'a', 2)
      await log.checkpoint('a', first, bytes(10))
      await appendOne(log, 'b', 3)
      const head = await log.head('a')
      await log.close()

      const reopened = await openOn(medium)
      expect(await reopened.head('a')).toEqual(head)
      expect(texts(await reopened.read('a', 0))).toEqual(['10', '2'])
      expect(await roomsOf(reopened)).toEqual(['a', 'b'])
      const third = await appendOne(reopened, 'a', 4)
      const fourth = await appendOne(reopened, 'a', 5)
      expect(third).toEqual({ epoch: fourth.epoch, seq: 3 })
      expect(third.epoch).not.toBe(second.epoch)
      const after = await reopened.head('a')
      for (const position of [first, second, third, fourth]) expect(isInHistory(after, position)).toBe(true)
      expect(isInHistory(after, { epoch: first.epoch, seq: 3 })).toBe(false)
      expect(isInHistory(after, { epoch: third.epoch, seq: 2 })).toBe(false)
    })

    it('disowns what was written after the backup that it was restored from', async () => {
      const medium = await newMedium()
      const log = await openOn(medium)
      const kept = await appendOne(log, 'a', 1)
      await log.close()
      const backup = await medium.copy()
      media.add(backup)

      // The positions given out before and after the backup are of one epoch, or of a later one: both must be told
      // apart.
      const original = await openOn(medium)
      const lost = [await appendOne(original, 'a', 2), await appendOne(original, 'a', 3)]
      await original.close()

      const restored = await openOn(backup)
      for (const position of lost) expect(isInHistory(await restored.head('a'), position)).toBe(false)
      for (let value = 0; value < 3; value++) await appendOne(restored, 'a', 10 + value)
      const head = await restored.head('a')
      for (const position of lost) expect(isInHistory(head, position)).toBe(false)
      expect(isInHistory(head, kept)).toBe(true)
      expect(isInHistory(head, { epoch: 0, seq: 0 })).toBe(true)
    })

    it('forgets the oldest epochs, and with them the positions in them', async () => {
      const medium = await newMedium()
      const positions: Position[] = []
      for (let opening = 0; opening < EPOCHS_MAX + 2; opening++) {
        const log = await openOn(medium)
        positions.push(await appendOne(log, 'a', 1))
        await log.close()
      }
      const head = await (await openOn(medium)).head('a')
      expect(head.epochs).toHaveLength(EPOCHS_MAX)
      expect(positions.map((position) => isInHistory(head, position))).toEqual(
        positions.map((_, opening) => opening >= 2),
      )
    })

    it('finishes what was called before it is closed, and refuses what comes after', async () => {
      const medium = await newMedium()
      const log = await openOn(medium)
      const append = appendOne(log, 'a', 1)
      const closing = log.close()
      const late = expect(appendOne(log, 'a', 2)).rejects.toMatchObject({ name: 'LogError', code: 'closed' })
      await Promise.all([closing, log.close(), late])
      expect((await append).seq).toBe(1)
      for (const call of [
        () => log.head('a'),
        () => log.read('a', 0),
        () => log.authors('a', 0),
        () => log.owners('a'),
        () => log.checkpoint('a', { epoch: 1, seq: 1 }, bytes(1)),
        () => log.drop('a'),
        () => roomsOf(log),
      ]) {
        await expect(call()).rejects.toMatchObject({ code: 'closed' })
      }
      expect(texts(await (await openOn(medium)).read('a', 0))).toEqual(['1'])
    })

    it('agrees with a plain list under any interleaving of appends, checkpoints, drops and restarts', async () => {
      const room = fc.constantFrom('a', 'b')
      const command = fc.oneof(
        {
          weight: 6,
          arbitrary: fc.record({ kind: fc.constant('append' as const), room, count: fc.integer({ min: 1, max: 4 }) }),
        },
        {
          weight: 3,
          arbitrary: fc.record({
            kind: fc.constant('checkpoint' as const),
            room,
            back: fc.integer({ min: 0, max: 3 }),
          }),
        },
        { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), room }) },
        { weight: 2, arbitrary: fc.record({ kind: fc.constant('settle' as const) }) },
        { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
      )
      await fc.assert(
        fc.asyncProperty(fc.array(command, { maxLength: 30 }), async (commands) => {
          const medium = await createMedium()
          let log = await medium.open()
          // Per room, the values appended so far: entry n stands at seq n + 1. A checkpoint is made of the values that
          // it covers.
          const model = new Map<string, RoomModel>()
          // Per room, what a compactor may have read before it began to merge: the room may have been dropped since.
          const seen = new Map<string, { head: RoomHead; values: readonly number[]; dropped: boolean }>()
          let pending: Promise<void>[] = []
          let value = 0
          const settle = async (): Promise<void> => {
            await Promise.all(pending)
            pending = []
            for (const name of ['a', 'b']) {
              const { values, checkpointSeq, owners } = model.get(name) ?? emptyModel()
              const head = await log.head(name)
              const { position, updates } = await log.read(name, 0)
              expect(updates.flatMap((update) => Array.from(update))).toEqual(values)
              expect(position).toEqual(head.position)
              expect(head).toMatchObject({ checkpointSeq, checkpointBytes: checkpointSeq })
              expect(head.position.seq).toBe(values.length)
              expect(head.tailBytes).toBe(values.length - checkpointSeq)
              const authored = await log.authors(name, 0)
              const written = values.map((each, index) => ({ seq: index + 1, ...authorOf(each) }))
              expect(authored).toEqual(written.filter(({ seq, time }) => seq > checkpointSeq && time > 0))
              const owned = await log.owners(name)
              expect(new Map(owned.map(({ clientId, subject }) => [clientId, subject]))).toEqual(owners)
              seen.set(name, { head, values: values.slice(), dropped: false })
            }
          }
          for (const step of commands) {
            if (step.kind === 'append') {
              const stored = model.get(step.room) ?? emptyModel()
              model.set(step.room, stored)
              const batch = Array.from({ length: step.count }, () => {
                const next = value++ % 256
                const author = authorOf(next)
                const claims = [next % 5, next % 7]
                if (author.time === 0) return { room: step.room, update: bytes(next), claims }
                for (const clientId of claims) {
                  if (!stored.owners.has(clientId)) stored.owners.set(clientId, author.subject)
                }
                return { room: step.room, update: bytes(next), author, claims }
              })
              const firstSeq = stored.values.length + 1
              stored.values.push(...batch.map(({ update }) => update.at(0)!))
              const append = async (): Promise<void> => {
                const positions = await log.append(batch)
                expect(positions.map(({ seq }) => seq)).toEqual(batch.map((_, index) => firstSeq + index))
              }
              pending.push(append())
            } else if (step.kind === 'checkpoint') {
              const before = seen.get(step.room)
              const seq = (before?.head.position.seq ?? 0) - step.back
              if (before === undefined || seq < 1) continue
              const upTo = { epoch: before.head.position.epoch, seq }
              const current = model.get(step.room)
              const expected =
                current !== undefined &&
                !before.dropped &&
                isInHistory(before.head, upTo) &&
                seq > current.checkpointSeq
              if (expected) current.checkpointSeq = seq
              const checkpoint = async (): Promise<void> => {
                const update = Uint8Array.from(before.values.slice(0, seq))
                expect(await log.checkpoint(step.room, upTo, update)).toBe(expected)
              }
              pending.push(checkpoint())
            } else if (step.kind === 'drop') {
              model.delete(step.room)
              const before = seen.get(step.room)
              if (before !== undefined) seen.set(step.room, { ...before, dropped: true })
              pending.push(log.drop(step.room))
            } else if (step.kind === 'settle') await settle()
            else {
              await settle()
              await log.close()
              log = await medium.open()
            }
          }
          await settle()
          await log.close()
          await medium.dispose()
        }),
        { numRuns: 40 },
      )
    })
  })
}
