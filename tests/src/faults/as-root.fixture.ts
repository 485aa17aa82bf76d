/**
 * Commands that only root may give, for faults that no process can cause to itself: a disk of its own, a process ID that is taken. In a
 * container tests are root; on a hosted machine, `sudo` without a password does. Whoever may neither is told so by a visible skip.
 */
import { spawnSync } from 'node:child_process'
import type { TestContext } from 'vitest'

/** What to put before such a command; `undefined` where nobody lets us. */
function asRoot(probe: readonly string[]): readonly string[] | undefined {
  const ways: readonly (readonly string[])[] = process.getuid?.() === 0 ? [[]] : [['sudo', '-n']]
  return ways.find((way) => {
    const [command, ...rest] = [...way, ...probe] as [string, ...string[]]
    return spawnSync(command, rest, { stdio: 'ignore' }).status === 0
  })
}

/**
 * What to put before a command so that it runs as root. `probe` is a harmless one of the kind that is meant; where even that is refused,
 * the test is skipped, and the report names `what`.
 */
export function needsRoot(context: TestContext, what: string, probe: readonly string[]): readonly string[] {
  const way = asRoot(probe)
  if (way !== undefined) return way
  const reason = `NOT TESTED here: ${what} (needs root, or sudo without a password)`
  process.stderr.write(`${context.task.name}: ${reason}\n`)
  return context.skip(reason)
}
