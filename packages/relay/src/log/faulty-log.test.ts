import { expect, it } from 'vitest'
import { FaultyLog } from './faulty-log.ts'
import { MemoryDisk, MemoryLog } from './memory-log.ts'
import { updateLogContract, type LogMedium } from './update-log.contract.ts'

function medium(disk: MemoryDisk): LogMedium {
  return {
    open: async () => new FaultyLog(new MemoryLog({ disk })),
    copy: async () => medium(disk.copy()),
    dispose: async () => {},
  }
}

updateLogContract('FaultyLog without faults', async () => medium(new MemoryDisk()))

const batch = [{ room: 'a', update: Uint8Array.of(1) }]

it('refuses what it was told to refuse, in order, and stores nothing of it', async () => {
  const log = new FaultyLog(new MemoryLog())
  const settled: string[] = []
  const append = async (): Promise<void> => {
    try {
      settled.push(`seq ${(await log.append(batch)).at(0)!.seq}`)
    } catch (error) {
      settled.push(error instanceof Error && 'code' in error ? String(error.code) : 'other')
    }
  }
  const first = append()
  log.failNext('append', 'full')
  await Promise.all([first, append(), append()])
  expect(settled).toEqual(['seq 1', 'full', 'seq 2'])
})

it('holds writes until it is told to let them go', async () => {
  const log = new FaultyLog(new MemoryLog())
  log.hold()
  const held = log.append(batch)
  expect((await log.head('a')).position.seq).toBe(0)
  expect(log.held).toBe(1)
  log.release()
  expect((await held).at(0)!.seq).toBe(1)
  expect(log.held).toBe(0)
})
