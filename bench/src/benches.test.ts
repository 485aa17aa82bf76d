import { expect, it } from 'vitest'
import { benchNames, loadBench } from './benches.ts'

it.each(benchNames)('%s is loaded by its name, as its process does it', async (name) => {
  expect((await loadBench(name)).name).toBe(name)
})
