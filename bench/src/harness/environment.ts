/** What a number was measured on: machine, runtime, versions and commit. Tells no paths and no host names. */
import { execFileSync } from 'node:child_process'
import { readFileSync, statfsSync } from 'node:fs'
import { cpus, loadavg, release, tmpdir, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Environment {
  readonly cpu: string
  readonly cores: number
  readonly memoryBytes: number
  /** What ran in the last minute, as a number of busy cores; 0 where the system does not tell. */
  readonly load: number
  readonly system: string
  readonly node: string
  readonly v8: string
  /** By npm name; `undefined` when the package cannot be found. */
  readonly versions: Readonly<Record<string, string | undefined>>
  /** Whether the system's temporary files are in memory, where a flush costs nothing. */
  readonly temporaryFilesInMemory: boolean
  /** Undefined outside a git checkout. */
  readonly commit: { readonly hash: string; readonly modified: boolean } | undefined
}

/** The packages whose versions matter to a number of today's benches. */
export const packages: readonly string[] = [
  '@syncline/core',
  '@syncline/relay',
  'syncline',
  'yjs',
  '@y/y',
  'ywasm',
  'json-joy',
  'loro-crdt',
  '@automerge/automerge',
  'ws',
  'lmdb',
  'y-websocket',
  'y-leveldb',
  'y-indexeddb',
  '@hocuspocus/server',
  '@hocuspocus/provider',
  '@automerge/automerge-repo',
]

export function environment(): Environment {
  const processors = cpus()
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryBytes: totalmem(),
    load: loadavg()[0] ?? 0,
    system: `${process.platform} ${release()} ${process.arch}`,
    node: process.versions.node,
    v8: process.versions.v8,
    versions: Object.fromEntries(packages.map((name) => [name, versionOf(name)])),
    temporaryFilesInMemory: isInMemory(tmpdir()),
    commit: commit(),
  }
}

/** The version of an installed package: from the `package.json` above its entry point, since not every package exports that. */
function versionOf(name: string): string | undefined {
  try {
    let folder = dirname(fileURLToPath(import.meta.resolve(name)))
    while (folder !== dirname(folder)) {
      const description = readDescription(join(folder, 'package.json'))
      if (description?.name === name) return description.version
      folder = dirname(folder)
    }
  } catch {
    // Not installed: the report says so by leaving the version out.
  }
  return undefined
}

function readDescription(path: string): { readonly name?: string; readonly version?: string } | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as { name?: string; version?: string }
  } catch {
    return undefined
  }
}

/** The file system type that Linux gives `tmpfs`, by `statfs(2)`. */
const TMPFS = 0x0102_1994

function isInMemory(folder: string): boolean {
  return process.platform === 'linux' && statfsSync(folder).type === TMPFS
}

function commit(): Environment['commit'] {
  const cwd = dirname(fileURLToPath(import.meta.url))
  const git = (...parameters: string[]) =>
    execFileSync('git', parameters, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    return { hash: git('rev-parse', 'HEAD'), modified: git('status', '--porcelain') !== '' }
  } catch {
    return undefined
  }
}
