/** The example of the README's section on testing runs as it stands there. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { Syncline } from '../syncline.ts'
import { Simulation } from './index.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

test('the example of the README is a test that passes', async () => {
  const example = /## Testing your app[\s\S]*?```ts\n([\s\S]*?)```/.exec(readme)?.[1]
  expect(example).toContain("from 'syncline/testing'")
  const body = example!.replace(/^import .*\n/gm, '')
  // oxlint-disable-next-line typescript/no-implied-eval -- the text to run is our own README
  const run = new Function('Syncline', 'Simulation', 'expect', `return (async () => {${body}})()`) as (
    ...given: readonly unknown[]
  ) => Promise<void>
  expect.hasAssertions()
  await run(Syncline, Simulation, expect)
})
