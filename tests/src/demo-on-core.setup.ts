/** The demo, built with the core's documents in place of Yjs's, for as long as the tests of `system-core` run. */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the demo that runs on the core's documents; not there in other projects. */
    readonly demoOnCore?: string
  }
}

const root = fileURLToPath(new URL('../..', import.meta.url))

export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-demo-'))
  // As somebody does by hand, who is no test.
  const { NODE_ENV: _, ...env } = process.env
  const build = ['run', '--silent', 'build', '-w', 'demo', '--', '--mode', 'core', '--emptyOutDir', '--outDir', folder]
  await promisify(execFile)('npm', build, { cwd: root, env })
  provide('demoOnCore', folder)
  return () => rm(folder, { recursive: true })
}
