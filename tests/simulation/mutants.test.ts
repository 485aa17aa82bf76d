/** The simulation has to catch every mutant (mutants.ts). In a process of its own, which loads each mutant's product anew. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const script = fileURLToPath(new URL('../../scripts/simulate.js', import.meta.url))

test('every mutant is caught', { timeout: 900_000 }, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--mutants'], { encoding: 'utf8' })
  process.stdout.write(stdout)
  expect(status, stderr).toBe(0)
})
