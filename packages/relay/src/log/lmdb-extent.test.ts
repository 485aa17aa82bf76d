import { closeSync, openSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isWholeLmdbFile } from './lmdb-extent.ts'
import { openLmdbLog } from './lmdb-log.ts'

const PAGE_BYTES = 4096

describe('isWholeLmdbFile', () => {
  let directory: string
  let path: string

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'syncline-extent-'))
    path = join(directory, 'log.mdb')
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  const isWhole = (bytes = statSync(path).size): boolean => {
    const descriptor = openSync(path, 'r')
    try {
      return isWholeLmdbFile(descriptor, bytes)
    } finally {
      closeSync(descriptor)
    }
  }

  /** A log with branch pages and values in overflow pages, and with free pages at its end. */
  const writeLog = async (): Promise<void> => {
    await using log = await openLmdbLog({ directory })
    for (let round = 0; round < 10; round++) {
      await log.append(
        Array.from({ length: 200 }, (_, index) => ({ room: `small ${index}`, update: Uint8Array.of(1) })),
      )
      await log.append([{ room: 'large', update: new Uint8Array(30_000).fill(round) }])
    }
    await log.append([{ room: 'dropped', update: new Uint8Array(400_000) }])
    await log.drop('dropped')
    // The pages of the dropped room are free once nobody can read them any more.
    for (let round = 0; round < 3; round++) await log.append([{ room: 'small 0', update: Uint8Array.of(2) }])
  }

  it('takes a file that lacks nothing but free pages for whole, and LMDB reads and writes it', async () => {
    await writeLog()
    const pages = statSync(path).size / PAGE_BYTES
    const needed = Array.from({ length: pages + 1 }, (_, count) => count).find((count) => isWhole(count * PAGE_BYTES))!
    expect(needed).toBeGreaterThan(100)
    expect(needed).toBeLessThan(pages - 50)
    truncateSync(path, needed * PAGE_BYTES)
    await using log = await openLmdbLog({ directory })
    expect((await log.read('large', 0)).updates.map((update) => [update.length, update[0]])).toEqual(
      Array.from({ length: 10 }, (_, round) => [30_000, round]),
    )
    for (let index = 1; index < 200; index++) expect((await log.read(`small ${index}`, 0)).updates).toHaveLength(10)
    await log.append([{ room: 'large', update: new Uint8Array(1_000_000) }])
    expect((await log.read('large', 10)).updates[0]).toHaveLength(1_000_000)
  })

  it('refuses every shorter one, which stays as it is', async () => {
    await writeLog()
    const whole = readFileSync(path)
    const needed = Array.from({ length: 400 }, (_, count) => count).find((count) => isWhole(count * PAGE_BYTES))!
    for (const bytes of [needed * PAGE_BYTES - 1, 3 * PAGE_BYTES, PAGE_BYTES + 7, 200]) {
      const cut = whole.subarray(0, bytes)
      writeFileSync(path, cut)
      await expect(openLmdbLog({ directory }), `${bytes} bytes`).rejects.toMatchObject({ code: 'unreadable' })
      expect(readFileSync(path).equals(cut)).toBe(true)
    }
    writeFileSync(path, whole)
    await (await openLmdbLog({ directory })).close()
  })

  it('survives any damage to the pages that it walks', async () => {
    await writeLog()
    const whole = readFileSync(path)
    const cut = Buffer.from(whole.subarray(0, whole.length - 60 * PAGE_BYTES))
    let seed = 1
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below
    for (let round = 0; round < 300; round++) {
      const damaged = Buffer.from(cut)
      for (let hit = 0; hit < 200; hit++) damaged[48 + random(damaged.length - 48)] = random(256)
      writeFileSync(path, damaged)
      expect(typeof isWhole(damaged.length)).toBe('boolean')
    }
  })
})
