import { expect, test } from 'vitest'
import { VirtualTime, WORLD_START } from './virtual-time.ts'

test('a run that is busy with itself at one moment ends with a broken promise', async () => {
  const time = new VirtualTime()
  const again = (): void => void time.after(0, again)
  again()
  await expect(time.run(WORLD_START + 1_000)).rejects.toMatchObject({ oracle: 'time-goes-on' })
})

test('so does one whose moments come ever closer to each other', async () => {
  const time = new VirtualTime()
  let delayMs = 500
  const again = (): void => {
    delayMs /= 2
    time.after(delayMs, again)
  }
  again()
  await expect(time.run(WORLD_START + 10_000)).rejects.toMatchObject({ oracle: 'time-goes-on' })
})

test('and one with a step that is never over', async () => {
  const time = new VirtualTime()
  time.after(0, () => void time.busy(() => new Promise(() => undefined)))
  await expect(time.run(WORLD_START + 1_000)).rejects.toMatchObject({ oracle: 'time-goes-on' })
})

test('a run in which something happens each millisecond, for as long as it likes, does not', async () => {
  const time = new VirtualTime()
  const again = (): void => void time.after(1, again)
  again()
  await time.run(WORLD_START + 20_000)
  expect(time.steps).toBe(20_000)
})
