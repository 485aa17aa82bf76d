import { cp, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { execFileSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { openLmdbFile } from './lmdb-file.ts'
import { openLmdbLog, type LmdbLogOptions } from './lmdb-log.ts'
import { decodeRoom, encodeEntries, encodeGarbage, entryKey, garbageKey, metaKey, roomKey } from './lmdb-rows.ts'
import { updateLogContract, type LogMedium } from './update-log.contract.ts'
import type { UpdateLog } from './update-log.ts'
import type { Position } from '@syncline/protocol'

// Hundreds of flushes and openings in one test, on a disk and processors that others use as well: what is not done then hangs.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

async function medium(copiedFrom?: string): Promise<LogMedium> {
  const directory = await mkdtemp(join(tmpdir(), 'syncline-log-'))
  if (copiedFrom !== undefined) await cp(copiedFrom, directory, { recursive: true })
  return {
    open: () => openLmdbLog({ directory }),
    copy: () => medium(directory),
    dispose: () => rm(directory, { recursive: true, force: true }),
  }
}

updateLogContract('LmdbLog', () => medium())

describe('LmdbLog', () => {
  const directories: string[] = []
  const logs: UpdateLog[] = []

  const newDirectory = async (): Promise<string> => {
    const directory = await mkdtemp(join(tmpdir(), 'syncline-log-'))
    directories.push(directory)
    return directory
  }
  const open = async (options: LmdbLogOptions): Promise<UpdateLog> => {
    const log = await openLmdbLog(options)
    logs.push(log)
    return log
  }

  afterEach(async () => {
    for (const log of logs.splice(0)) await log.close()
    for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true })
  })

  it('refuses a directory that is open already, names it and the holder, and takes it once it is let go', async () => {
    const directory = await newDirectory()
    const log = await open({ directory })
    const refused = openLmdbLog({ directory })
    await expect(refused).rejects.toMatchObject({ name: 'LogError', code: 'in-use', retryable: false })
    await expect(refused).rejects.toThrow(directory)
    await expect(refused).rejects.toThrow('this process')
    // The refusal must not have let go of what the first one holds.
    await expect(openLmdbLog({ directory })).rejects.toMatchObject({ code: 'in-use' })
    expect((await log.append([{ room: 'a', update: Uint8Array.of(1) }]))[0]?.seq).toBe(1)
    await log.close()
    expect((await (await open({ directory })).head('a')).position.seq).toBe(1)
  })

  it('reads a room whose checkpoint is on the disk already, and not told of yet', async () => {
    const log = await open({ directory: await newDirectory() })
    const batch = Array.from({ length: 20 }, (_, index) => ({ room: 'a', update: Uint8Array.of(index) }))
    for (const append of batch) await log.append([append])
    const { position } = await log.head('a')
    // Written by a thread, while this one is busy: reads of its next turn see more than it was told.
    const writing = log.checkpoint('a', position, Uint8Array.of(99))
    for (let turns = 0; turns < 3; turns++) {
      await setImmediate()
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100)
      const { updates } = await log.read('a', 0)
      const isFolded = updates.length === 1
      expect(updates.map(([byte]) => byte)).toEqual(isFolded ? [99] : batch.map((_, index) => index))
    }
    expect(await writing).toBe(true)
  })

  it('refuses a log of another format version', async () => {
    const directory = await newDirectory()
    await (await open({ directory })).close()
    const file = openLmdbFile(join(directory, 'log.mdb'))
    await file.batch(() => void file.put(metaKey, Uint8Array.of(99, 1)))
    await file.close()
    const refused = openLmdbLog({ directory })
    await expect(refused).rejects.toMatchObject({ code: 'unreadable' })
    await expect(refused).rejects.toThrow('format 99')
    // A refusal lets the directory go.
    await expect(openLmdbLog({ directory })).rejects.toMatchObject({ code: 'unreadable' })
  })

  it.each([1, 2])('reads a log of format %i, and makes it one of the present format', async (format) => {
    const directory = await newDirectory()
    await (await open({ directory })).append([{ room: 'a', update: Uint8Array.of(7) }])
    await logs.splice(0).at(0)?.close()
    const path = join(directory, 'log.mdb')
    const before = openLmdbFile(path)
    expect([...before.getBinary(entryKey(1, 1))!], 'as format 1 wrote it').toEqual([1, 1, 7])
    // After a first entry, the row of a room says what it said then.
    await before.batch(() => void before.put(metaKey, Uint8Array.of(format, 2)))
    await before.close()
    const log = await open({ directory })
    expect(await log.authors('a', 0)).toEqual([])
    expect(await log.owners('a')).toEqual([])
    expect((await log.read('a', 0)).updates).toEqual([Uint8Array.of(7)])
    expect((await log.append([{ room: 'a', update: Uint8Array.of(8, 9) }]))[0]?.seq).toBe(2)
    await log.close()
    const after = openLmdbFile(path)
    expect([...after.getBinary(metaKey)!]).toEqual([3, 2])
    await after.close()
    expect(await (await open({ directory })).head('a')).toMatchObject({ position: { seq: 2 }, tailBytes: 3 })
  })

  it('writes a row for each entry and none for its room, until the writer changes or a checkpoint comes', async () => {
    const directory = await newDirectory()
    const path = join(directory, 'log.mdb')
    const append = (log: UpdateLog): Promise<unknown> => log.append([{ room: 'a', update: Uint8Array.of(7, 7) }])
    const storedSeq = async (): Promise<number> => {
      const file = openLmdbFile(path)
      const row = decodeRoom('a', file.getBinary(roomKey('a'))!)
      await file.close()
      return row.head.position.seq
    }
    const log = await open({ directory })
    for (let seq = 1; seq <= 3; seq++) await append(log)
    const head = await log.head('a')
    expect(head).toMatchObject({ position: { seq: 3 }, tailEntries: 3, tailBytes: 6 })
    await log.close()
    expect(await storedSeq()).toBe(1)
    const again = await open({ directory })
    expect(await again.head('a')).toEqual(head)
    expect((await again.read('a', 1)).updates).toHaveLength(2)
    await append(again)
    await append(again)
    await again.close()
    expect(await storedSeq()).toBe(4)
    const third = await open({ directory })
    const { position } = await third.head('a')
    expect(position.seq).toBe(5)
    await third.checkpoint('a', position, Uint8Array.of(1))
    await third.close()
    expect(await storedSeq()).toBe(5)
    const last = await open({ directory })
    expect(await last.head('a')).toMatchObject({ position, checkpointSeq: 5, tailEntries: 0, tailBytes: 0 })
  })

  it('keeps a batch of a room in one row, which is read, and covered, from anywhere in it', async () => {
    const directory = await newDirectory()
    const path = join(directory, 'log.mdb')
    const keys = async (): Promise<string[]> => {
      const file = openLmdbFile(path)
      const found = [...file.getKeys({ start: entryKey(1, 0), end: entryKey(2, 0) })]
      await file.close()
      return found.map((key) => Buffer.from(key).toString('hex'))
    }
    const log = await open({ directory })
    const batch = [1, 2, 3, 4].map((value) => {
      return { room: 'a', update: Uint8Array.of(value), author: { subject: `s${value}`, time: value } }
    })
    const positions = await log.append(batch)
    await log.append([{ room: 'a', update: Uint8Array.of(5, 5) }])
    expect(positions.map(({ seq }) => seq)).toEqual([1, 2, 3, 4])
    expect((await log.read('a', 2)).updates).toEqual([Uint8Array.of(3), Uint8Array.of(4), Uint8Array.of(5, 5)])
    expect(await log.authors('a', 3)).toEqual([{ seq: 4, subject: 's4', time: 4 }])
    expect(await log.checkpoint('a', positions.at(1)!, Uint8Array.of(12))).toBe(true)
    expect(await log.head('a')).toMatchObject({ checkpointSeq: 2, tailEntries: 3, tailBytes: 4 })
    await log.close()
    const [run, entry] = [4, 5].map((seq) => Buffer.from(entryKey(1, seq)).toString('hex'))
    expect(await keys()).toEqual([run, entry])
    const again = await open({ directory })
    const expected = [[12], [3], [4], [5, 5]].map((update) => Uint8Array.from(update))
    expect((await again.read('a', 0)).updates).toEqual(expected)
    expect((await again.authors('a', 0)).map(({ seq }) => seq)).toEqual([3, 4])
    expect(await again.checkpoint('a', positions.at(3)!, Uint8Array.of(34))).toBe(true)
    expect(await again.head('a')).toMatchObject({ checkpointSeq: 4, tailEntries: 1, tailBytes: 2 })
    await again.close()
    expect(await keys()).toEqual([entry])
  })

  it('removes more rows than one transaction does, by a checkpoint and by a drop', async () => {
    const directory = await newDirectory()
    const log = await open({ directory })
    const append = (): Promise<readonly Position[]> => log.append([{ room: 'a', update: Uint8Array.of(1) }])
    const appended = await Promise.all(Array.from({ length: 5000 }, append))
    expect(await log.checkpoint('a', appended.at(4499)!.at(0)!, Uint8Array.of(2))).toBe(true)
    expect((await log.read('a', 0)).updates).toHaveLength(501)
    await Promise.all(Array.from({ length: 5000 }, append))
    await log.drop('a')
    await log.close()
    const file = openLmdbFile(join(directory, 'log.mdb'))
    expect([...file.getKeys()].map((key) => Buffer.from(key).toString('hex'))).toEqual(['00'])
    await file.close()
  })

  it.each([
    ['ends early', [0, 2, 3, 1, 1, 7]],
    ['has no entries', [0, 0]],
    ['holds an entry that goes on after it', [0, 1, 9, 1, 1, 7]],
    ['holds an entry with a longer header than itself', [0, 1, 3, 4, 1, 7]],
    ['is longer than its entries', [0, 1, 3, 1, 1, 7, 0]],
    ['has fewer entries than its place says', [0, 1, 3, 1, 1, 7]],
  ])('does not read a run that %s', async (_, run) => {
    const directory = await newDirectory()
    const log = await open({ directory })
    await log.append([1, 2].map((value) => ({ room: 'a', update: Uint8Array.of(value) })))
    await log.close()
    const file = openLmdbFile(join(directory, 'log.mdb'))
    await file.batch(() => void file.put(entryKey(1, 2), Uint8Array.from(run)))
    await file.close()
    const again = await open({ directory })
    await expect(again.read('a', 0)).rejects.toMatchObject({ name: 'LogError', code: 'unreadable' })
  })

  it('leaves nothing of a dropped room behind, its owners neither', async () => {
    const directory = await newDirectory()
    const log = await open({ directory })
    const claims = Array.from({ length: 5000 }, (_, index) => index)
    await log.append([{ room: 'a', update: Uint8Array.of(1), author: { subject: 'ada', time: 1 }, claims }])
    await log.drop('a')
    await log.close()
    const file = openLmdbFile(join(directory, 'log.mdb'))
    expect([...file.getKeys()].map((key) => Buffer.from(key).toString('hex'))).toEqual(['00'])
    await file.close()
  })

  it.each([
    ['is no log', Buffer.alloc(20_000, 7)],
    ['was cut short', Buffer.alloc(10, 7)],
  ])('refuses a file that %s, and leaves it as it is', async (_, content) => {
    const directory = await newDirectory()
    await writeFile(join(directory, 'log.mdb'), content)
    await expect(openLmdbLog({ directory })).rejects.toMatchObject({ code: 'unreadable' })
  })

  it('says so when the directory cannot be made', async () => {
    const directory = await newDirectory()
    await writeFile(join(directory, 'file'), '')
    await expect(openLmdbLog({ directory: join(directory, 'file', 'data') })).rejects.toMatchObject({ code: 'io' })
  })

  it.each(['log.mdb', 'log.mdb-lock', 'holder.mdb', 'holder.mdb-lock'])(
    'says so when %s is a directory',
    async (name) => {
      const directory = await newDirectory()
      await mkdir(join(directory, name))
      await expect(openLmdbLog({ directory })).rejects.toMatchObject({ name: 'LogError', code: 'io' })
      await expect(openLmdbLog({ directory })).rejects.toThrow(join(directory, name))
    },
  )

  it('keeps nothing but its own files in the directory', async () => {
    const directory = await newDirectory()
    await (await open({ directory })).append([{ room: 'a', update: Uint8Array.of(1) }])
    expect((await readdir(directory)).sort()).toEqual(['holder.mdb', 'holder.mdb-lock', 'log.mdb', 'log.mdb-lock'])
  })

  it('removes when it is opened what a crash left half removed', async () => {
    const directory = await newDirectory()
    const log = await open({ directory })
    await log.append(Array.from({ length: 3 }, () => ({ room: 'a', update: Uint8Array.of(1) })))
    await log.close()
    // A crash in the middle of dropping another room, of number 7, leaves a note of its entries 2 and 3, and the
    // entries.
    const noted = { room: 7, fromSeq: 2, upToSeq: 3 }
    const leftover = [entryKey(7, 2), entryKey(7, 3), garbageKey(noted)]
    const before = openLmdbFile(join(directory, 'log.mdb'))
    await before.batch(() => {
      for (const key of leftover) void before.put(key, encodeGarbage(noted))
    })
    await before.close()

    const reopened = await open({ directory })
    expect((await reopened.read('a', 0)).updates).toHaveLength(3)
    await reopened.close()
    const after = openLmdbFile(join(directory, 'log.mdb'))
    expect(leftover.map((key) => after.getBinary(key))).toEqual([undefined, undefined, undefined])
    await after.close()
  })

  it('removes all that a checkpoint has swallowed, also when it takes several transactions', async () => {
    const directory = await newDirectory()
    const log = await open({ directory })
    const update = Uint8Array.of(1)
    const positions = await log.append(Array.from({ length: 9000 }, () => ({ room: 'a', update })))
    expect(await log.checkpoint('a', positions.at(-2)!, update)).toBe(true)
    await log.close()
    const file = openLmdbFile(join(directory, 'log.mdb'))
    // The format, the room, its checkpoint and its last entry.
    expect(file.getCount()).toBe(4)
    await file.close()
  })

  it('tells a damaged head from an absent one', async () => {
    const directory = await newDirectory()
    const log = await open({ directory })
    await log.append([{ room: 'a', update: Uint8Array.of(1) }])
    await log.close()
    const file = openLmdbFile(join(directory, 'log.mdb'))
    await file.batch(() => void file.put(roomKey('a'), Uint8Array.of(1)))
    await file.close()
    const reopened = await open({ directory })
    await expect(reopened.head('a')).rejects.toMatchObject({ code: 'unreadable' })
    await expect(reopened.append([{ room: 'a', update: Uint8Array.of(1) }])).rejects.toMatchObject({
      code: 'unreadable',
    })
    expect((await reopened.append([{ room: 'b', update: Uint8Array.of(1) }])).at(0)!.seq).toBe(1)
  })

  it('a damaged head costs that room its writes, and no other write of the same flush', async () => {
    const directory = await newDirectory()
    const update = Uint8Array.of(1)
    await (await open({ directory })).append([{ room: 'bad', update }])
    await logs.at(-1)!.close()
    const file = openLmdbFile(join(directory, 'log.mdb'))
    await file.batch(() => void file.put(roomKey('bad'), Uint8Array.of(1)))
    await file.close()
    const log = await open({ directory })
    const outcomes = await Promise.allSettled([
      log.append([{ room: 'good', update }]),
      // Half of this batch could be written, and is not.
      log.append([
        { room: 'good', update },
        { room: 'bad', update },
      ]),
      log.append([{ room: 'good', update }]),
      log.drop('bad'),
    ])
    expect(log.stats.flushes).toBe(1)
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected'])
    expect((await log.head('good')).position.seq).toBe(2)
  })

  it('uses room again that checkpoints have freed', async () => {
    const directory = await newDirectory()
    const log = await open({ directory })
    const update = new Uint8Array(50_000)
    for (let round = 0; round < 40; round++) {
      const positions = await log.append(Array.from({ length: 10 }, () => ({ room: 'a', update })))
      expect(await log.checkpoint('a', positions.at(-1)!, update)).toBe(true)
    }
    // 20 MB went through; without reuse the file would hold all of it.
    expect((await stat(join(directory, 'log.mdb'))).size).toBeLessThan(6_000_000)
  })

  /** The kernel refuses to let this process's files grow: what a full disk does, without filling one. */
  const limitFileSize = (bytes: number | 'unlimited'): void => {
    execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`], { stdio: 'ignore' })
  }
  const canLimit = ((): boolean => {
    try {
      limitFileSize('unlimited')
      return true
    } catch {
      return false
    }
  })()

  /** Runs `work` with files that may not grow beyond `bytes`. */
  const withFileSizeMax = async (bytes: number, work: () => Promise<void>): Promise<void> => {
    const ignore = (): void => {}
    process.on('SIGXFSZ', ignore)
    limitFileSize(bytes)
    try {
      await work()
    } finally {
      limitFileSize('unlimited')
      process.off('SIGXFSZ', ignore)
    }
  }

  it.skipIf(!canLimit)('says so when the disk has no room for a new log, and opens it when there is', async () => {
    const directory = await newDirectory()
    for (const bytes of [0, 5000, 40_000]) {
      await withFileSizeMax(bytes, async () => {
        await expect(openLmdbLog({ directory })).rejects.toMatchObject({ name: 'LogError', code: 'full' })
      })
    }
    expect((await (await open({ directory })).append([{ room: 'a', update: Uint8Array.of(1) }]))[0]?.seq).toBe(1)
  })

  it.skipIf(!canLimit)(
    'stores nothing of a batch that does not fit on the disk, and goes on when there is room',
    async () => {
      const directory = await newDirectory()
      const log = await open({ directory })
      const small = Uint8Array.of(1)
      await log.append([{ room: 'a', update: small }])
      await withFileSizeMax(1_000_000, async () => {
        const batch = [
          { room: 'a', update: small },
          { room: 'b', update: new Uint8Array(3_000_000) },
        ]
        await expect(log.append(batch)).rejects.toMatchObject({ name: 'LogError', retryable: true })
        expect((await log.head('a')).position.seq).toBe(1)
        expect((await log.head('b')).position.seq).toBe(0)
        expect((await log.append([{ room: 'a', update: small }]))[0]?.seq).toBe(2)
      })
      expect((await log.append([{ room: 'b', update: new Uint8Array(3_000_000) }]))[0]?.seq).toBe(1)
    },
  )

  it.skipIf(!canLimit)('goes on behind what a failed write has left on the disk all the same', async () => {
    const directory = await newDirectory()
    const log = await open({ directory })
    const [update, left] = [Uint8Array.of(1), Uint8Array.of(2)]
    await log.append([{ room: 'a', update }])
    await withFileSizeMax(1_000_000, async () => {
      const batch = [
        { room: 'a', update: left },
        { room: 'b', update: new Uint8Array(3_000_000) },
      ]
      await expect(log.append(batch)).rejects.toMatchObject({ name: 'LogError' })
    })
    // As if the new root had come to the disk, and the news of it not to us.
    const file = openLmdbFile(join(directory, 'log.mdb'))
    const row = encodeEntries([{ writtenBytes: 2, update: left, author: undefined }])
    await file.batch(() => void file.put(entryKey(1, 2), row))
    await file.close()
    expect((await log.append([{ room: 'a', update: Uint8Array.of(3) }]))[0]?.seq).toBe(3)
    expect((await log.read('a', 0)).updates.map(([byte]) => byte)).toEqual([1, 2, 3])
  })
})
