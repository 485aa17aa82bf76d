/**
 * Disks that get full. Two kinds: a file system of a few megabytes in memory, which only root may mount, and a limit on the size of files
 * that the kernel puts on one process, which anybody may (`EFBIG` instead of `ENOSPC`: the store tells neither from the other).
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync, rmSync, statfsSync } from 'node:fs'
import { join } from 'node:path'
import type { TestContext } from 'vitest'
import { dataFolder } from '../relay-process.fixture.ts'
import { needsRoot } from './as-root.fixture.ts'

export interface SmallDisk {
  readonly path: string
  /** Takes all room that is left but `leftBytes`, rounded up to what the disk calls a block. */
  fill(leftBytes?: number): void
  /** Gives it back. */
  empty(): void
  /** Nothing may have a file open on it any more. */
  remove(): Promise<void>
}

/** A file system of `bytes`. Skips the test, visibly, where nobody lets us mount one. */
export async function mountSmallDisk(context: TestContext, bytes: number): Promise<SmallDisk> {
  const way = needsRoot(context, 'a disk that is really full', ['unshare', '--mount', 'true'])
  const folder = await dataFolder()
  const { path } = folder
  const run = (...command: readonly string[]): void => {
    const [first, ...rest] = [...way, ...command] as [string, ...string[]]
    execFileSync(first, rest)
  }
  run('mount', '-t', 'tmpfs', '-o', `size=${bytes},mode=1777`, 'tmpfs', path)
  const filler = join(path, 'filler')
  return {
    path,
    fill: (leftBytes = 0) => {
      for (;;) {
        const { bavail, bsize } = statfsSync(path)
        const over = bavail * bsize - leftBytes
        if (over < bsize) return
        appendFileSync(filler, new Uint8Array(Math.min(over, 1_048_576)))
      }
    },
    empty: () => rmSync(filler, { force: true }),
    remove: async () => {
      run('umount', path)
      await folder.remove()
    },
  }
}

/** From now on no file of this process grows beyond `bytes`. */
export function limitFileSize(pid: number, bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`])
}
