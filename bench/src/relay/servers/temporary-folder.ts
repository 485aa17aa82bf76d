/** Where the servers of the benches store things. */
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A new folder where the system keeps temporary files, which `TMPDIR` moves to another disk. Whoever asks removes it. */
export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'syncline-bench-'))
}
