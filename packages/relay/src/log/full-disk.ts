/** How a disk without room tells so: Node names the system's error, LMDB gives its number, or one of its own. */

/** `EFBIG` is a file at the size that the system, or a quota, allows. */
const NAMES: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** errno of EFBIG, ENOSPC and EDQUOT, and `MDB_MAP_FULL`. The numbers of the first two are the same everywhere. */
const NUMBERS: ReadonlySet<unknown> = new Set([27, 28, process.platform === 'darwin' ? 69 : 122, -30792])

export function isFullDisk(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (NAMES.has(error.code) || NUMBERS.has(error.code))
}
