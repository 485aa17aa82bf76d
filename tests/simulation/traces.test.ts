/** Traces that found a bug once: each stays whole. */
import { expect, test } from 'vitest'
import { keptTraces } from './trace.ts'
import { isFailure, runTrace } from './world.ts'

test.each(keptTraces())('%s', async (_name, trace) => {
  const result = await runTrace(trace)
  expect(isFailure(result) ? result.error.message : undefined).toBeUndefined()
})
