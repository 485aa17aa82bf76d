/**
 * Whether a file holds all that its newest root refers to. A copy that was cut short looks like an environment until somebody
 * reads beyond its end: LMDB maps the file, and what is not there ends the process (`SIGBUS`), each time anew.
 *
 * The root says which page was used last. A file that ends before it is whole all the same if only free pages are missing,
 * which LMDB does not always write. So then, and only then, the trees are walked, with reads instead of a map.
 *
 * Pages of 64-bit systems (24 bytes of header), little-endian:
 *
 *   page     0 number (8) · 16 pad (2) · 18 flags (2) · 20 bytes of node pointers, or number of overflow pages · 24 …
 *   root     48 page size (4), and the tree of free pages, whose root is at 88 · 136 root of the data · 144 last page · 152 txn
 *   leaf     pointers to nodes (2 each), counted from byte 24: size (4) · flags (2) · key size (2) · key · data
 *   branch   the same: number of the page below (6) · key size (2) · key
 */
import { readSync } from 'node:fs'

const HEADER_BYTES = 24
const NODE_BYTES = 8
/** What stands at the beginning of each of the two roots. */
const ROOT_BYTES = 160
const PAGE_BYTES_MIN = 256
const PAGE_BYTES_MAX = 65_536
/** A tree's root when it is empty. */
const NO_PAGE = 2n ** 64n - 1n

const BRANCH = 0x01
const LEAF = 0x02
/** The data of the node is elsewhere: in overflow pages, whose first is named in its place. */
const ELSEWHERE = 0x01

interface Root {
  readonly pageBytes: number
  readonly trees: readonly bigint[]
  readonly lastPage: number
  readonly transaction: bigint
}

/**
 * Reads two pages, or, if the file ends before the last page that was used, all pages but those of large values. Throws what
 * the file system throws. `descriptor` may be of a file that is no environment, or a damaged one: it is not whole then.
 */
export function isWholeLmdbFile(descriptor: number, fileBytes: number): boolean {
  const first = readRoot(descriptor, 0)
  if (first === undefined) return false
  const second = readRoot(descriptor, first.pageBytes)
  if (second === undefined) return false
  const { pageBytes, lastPage, trees } = first.transaction > second.transaction ? first : second
  const pages = Math.floor(fileBytes / pageBytes)
  return lastPage < pages || trees.every((tree) => tree === NO_PAGE || isWholeTree(descriptor, pageBytes, pages, tree))
}

function readRoot(descriptor: number, at: number): Root | undefined {
  const page = readAt(descriptor, at, ROOT_BYTES)
  if (page === undefined) return undefined
  const pageBytes = page.readUInt32LE(48)
  if (pageBytes < PAGE_BYTES_MIN || pageBytes > PAGE_BYTES_MAX) return undefined
  return {
    pageBytes,
    trees: [page.readBigUInt64LE(88), page.readBigUInt64LE(136)],
    lastPage: Number(page.readBigUInt64LE(144)),
    transaction: page.readBigUInt64LE(152),
  }
}

/** Whether the file of `pages` pages has all those of the tree whose root is `root`, and each is the page that was meant. */
function isWholeTree(descriptor: number, pageBytes: number, pages: number, root: bigint): boolean {
  const below = [Number(root)]
  // No tree has more pages than the file: in a damaged one, pages may refer to each other in a circle.
  for (let read = 0; below.length > 0; read++) {
    const number = below.pop()!
    if (number >= pages || read > pages) return false
    const page = readAt(descriptor, number * pageBytes, pageBytes)
    if (page === undefined || page.readBigUInt64LE(0) !== BigInt(number)) return false
    const flags = page.readUInt16LE(18)
    for (const node of nodesOf(page)) {
      if (node + NODE_BYTES > pageBytes) return false
      if ((flags & BRANCH) !== 0) below.push(page.readUIntLE(node, 6))
      else if ((flags & LEAF) === 0 || !isWholeValue(page, node, pages)) return false
    }
  }
  return true
}

/** Where the nodes of a page begin. */
function nodesOf(page: Buffer): readonly number[] {
  const count = Math.min(page.readUInt16LE(20), page.length - HEADER_BYTES) >> 1
  return Array.from({ length: count }, (_, index) => HEADER_BYTES + page.readUInt16LE(HEADER_BYTES + 2 * index))
}

function isWholeValue(page: Buffer, node: number, pages: number): boolean {
  if ((page.readUInt16LE(node + 4) & ELSEWHERE) === 0) return true
  const reference = node + NODE_BYTES + page.readUInt16LE(node + 6)
  // The first page (8), a transaction (8), the number of pages (8).
  if (reference + 24 > page.length) return false
  return page.readBigUInt64LE(reference) + page.readBigUInt64LE(reference + 16) <= BigInt(pages)
}

function readAt(descriptor: number, at: number, bytes: number): Buffer | undefined {
  const buffer = Buffer.alloc(bytes)
  return readSync(descriptor, buffer, 0, bytes, at) === bytes ? buffer : undefined
}
