/** Traces that found a bug once: each stays whole. */
import { readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readTrace } from './trace.ts'
import { isFailure, runTrace } from './world.ts'

const directory = new URL('./traces/', import.meta.url)
const files = readdirSync(directory).filter((file) => file.endsWith('.json'))

test.each(files)('%s', async (file) => {
  const result = await runTrace(readTrace(new URL(file, directory)))
  expect(isFailure(result) ? result.error.message : undefined).toBeUndefined()
})
