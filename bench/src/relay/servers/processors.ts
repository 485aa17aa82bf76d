/**
 * Which processors the server and the load run on: the server alone on one, the load on another, so that neither waits for the other. By
 * `taskset`, which Linux systems have; where there is none, or one processor only, both run where the system puts them, and the report says so.
 */
import { execFileSync } from 'node:child_process'
import { pid } from 'node:process'

export interface Processors {
  readonly server: number
  readonly load: number
}

/** What this process may run on, as `taskset` writes it: `0-3,6`. `undefined` without `taskset`. */
function allowed(): string | undefined {
  try {
    const told = execFileSync('taskset', ['-c', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return told.slice(told.lastIndexOf(':') + 1).trim()
  } catch {
    return undefined
  }
}

/** The numbers in a list of ranges: `0-2,5` is 0, 1, 2 and 5. */
export function numbersIn(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [first = '', last = first] = range.split('-')
    return Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index)
  })
}

/** A command that runs another on one processor. */
export function onProcessor(processor: number, command: readonly string[]): string[] {
  return ['taskset', '-c', String(processor), ...command]
}

/** The first two processors that this process may run on; `undefined` where nothing can be pinned. */
export function processorsFor(list = allowed()): Processors | undefined {
  const [server, load] = list === undefined ? [] : numbersIn(list)
  return server === undefined || load === undefined ? undefined : { server, load }
}

/** Moves the load, which is this process, to a processor of its own until disposed of. */
export class PinnedLoad implements Disposable {
  readonly #before = allowed()
  /** `undefined`: nothing is pinned. */
  readonly processors: Processors | undefined = processorsFor(this.#before)

  constructor() {
    if (this.processors !== undefined) pin(String(this.processors.load))
  }

  [Symbol.dispose](): void {
    if (this.processors !== undefined) pin(this.#before!)
  }
}

/** All threads of this process. */
function pin(list: string): void {
  execFileSync('taskset', ['-a', '-c', '-p', list, String(pid)], { stdio: 'ignore' })
}
