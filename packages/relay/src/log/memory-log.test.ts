import { expect, it } from 'vitest'
import { MemoryDisk, MemoryLog } from './memory-log.ts'
import { updateLogContract, type LogMedium } from './update-log.contract.ts'

function medium(disk: MemoryDisk): LogMedium {
  return {
    open: async () => new MemoryLog({ disk }),
    copy: async () => medium(disk.copy()),
    dispose: async () => {},
  }
}

updateLogContract('MemoryLog', async () => medium(new MemoryDisk()))

it('takes epochs from the source given, so that a simulation replays', async () => {
  let epoch = 0
  const log = new MemoryLog({ newEpoch: () => ++epoch })
  const update = Uint8Array.of(1)
  expect(await log.append(['a', 'b', 'a'].map((room) => ({ room, update })))).toEqual([
    { epoch: 1, seq: 1 },
    { epoch: 2, seq: 1 },
    { epoch: 1, seq: 2 },
  ])
})

it('loses in a crash what was not flushed, and only that', async () => {
  const disk = new MemoryDisk()
  const log = new MemoryLog({ disk })
  const update = Uint8Array.of(1)
  await log.append([{ room: 'a', update }])
  const lost = expect(log.append([{ room: 'a', update }])).rejects.toMatchObject({ code: 'closed' })
  await log.crash()
  await lost
  expect((await new MemoryLog({ disk }).head('a')).position.seq).toBe(1)
})
