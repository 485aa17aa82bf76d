/**
 * Running the steps of a script: says what it does on stderr, runs it, stops with its exit code when it fails. Built on Node
 * alone, because these scripts run before anything is installed.
 */
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The top of the checkout. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Tells what happens now. On stderr: stdout belongs to the relay's one line. */
export function say(text) {
  process.stderr.write(`syncline: ${text}\n`)
}

/** Runs a program in the checkout and waits for it. Its output goes to stderr, unless `stdout: 'inherit'`. Returns its exit code. */
export function run(program, parameters, { env = {}, stdout = process.stderr } = {}) {
  const { status, error } = spawnSync(program, parameters, {
    cwd: root,
    stdio: ['ignore', stdout, 'inherit'],
    env: { ...process.env, ...env },
    // npm is a .cmd file on Windows, which only a shell can start.
    shell: process.platform === 'win32',
  })
  if (error) say(`${program} could not be started: ${error.message}`)
  return status ?? 1
}

/** Like {@link run}, and ends this script when the step fails. */
export function step(text, program, parameters, options) {
  say(text)
  const code = run(program, parameters, options)
  if (code !== 0) {
    say(`failed: ${program} ${parameters.join(' ')} (exit code ${code})`)
    process.exit(code)
  }
}

/** Runs a program that a dependency brought, by the path of its JavaScript: no shell and no `npx` in between. */
export function nodeStep(text, script, parameters, options) {
  step(text, process.execPath, [join(root, 'node_modules', script), ...parameters], options)
}
