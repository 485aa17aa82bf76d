import { expect, it } from 'vitest'
import { environment, packages } from './environment.ts'

it('says which version of every peer was measured, on which commit and machine', () => {
  const { versions, commit, cpu, cores, node } = environment()
  expect(Object.keys(versions)).toEqual(packages)
  expect(Object.entries(versions).filter(([, version]) => !/^\d+\.\d+\.\d+/.test(version ?? ''))).toEqual([])
  // A copy of the sources without their history has no commit.
  if (commit !== undefined) expect(commit.hash).toMatch(/^[0-9a-f]{40}$/)
  expect([typeof cpu, cores > 0, node]).toEqual(['string', true, process.versions.node])
})
