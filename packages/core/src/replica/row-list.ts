/**
 * Lists of rows: the children of a type, and what was set under one key. Rows are linked, cut and joined here, and whatever knows of rows (IDs, position
 * trees, ends of lists, content) is told. What a row *means* is not decided here.
 */
import * as ContentKind from '../content-kind.ts'
import { PositionTree } from './position-tree.ts'
import * as Flag from './row-flag.ts'
import { entryOfParent, GC_KIND, NONE } from './row-table.ts'
import type { Tables } from './tables.ts'

/** Lists of fewer rows are walked; see {@link findIndex}. */
const WALKED_ROWS_MAX = 48

/** The type in whose list, or under one of whose keys, a row is; NONE for GC runs. */
export function typeOfRow(tables: Tables, row: number): number {
  const parent = tables.rows.parent(row)
  return parent >= NONE ? parent : tables.entries.type(entryOfParent(parent))
}

/** The entry under which a row is, or NONE if it is in the list of its type. */
export function entryOfRow(tables: Tables, row: number): number {
  const parent = tables.rows.parent(row)
  return parent >= NONE ? NONE : entryOfParent(parent)
}

/** The first row of the list that a parent column names. */
export function headOf(tables: Tables, parent: number): number {
  return parent >= 0 ? tables.types.head(parent) : tables.entries.head(entryOfParent(parent))
}

/** Puts a row, whose parent is set, behind `left`, or in front of its list if that is NONE. Its visible units count at once. */
export function link(tables: Tables, left: number, row: number): void {
  const { rows, types } = tables
  const parent = rows.parent(row)
  const right = left === NONE ? headOf(tables, parent) : rows.right(left)
  rows.link(left, row, right)
  if (parent >= 0) {
    types.listed(parent, left, row, right, rows.visibleLength(row))
    const tree = types.tree(parent)
    if (tree !== undefined) tree.insertAfter(left, row)
    return
  }
  const entry = entryOfParent(parent)
  if (left === NONE) tables.entries.setHead(entry, row)
  if (right === NONE) tables.entries.setTail(entry, row)
}

/** The first row that is not deleted, from this one on to the right, or to the left; NONE if there is none. */
export function aliveFrom({ rows }: Tables, from: number, toRight: boolean): number {
  let row = from
  while (row !== NONE && rows.isDeleted(row)) row = toRight ? rows.right(row) : rows.left(row)
  return row
}

/** Marks a row as deleted: its units no longer count. */
export function hide(tables: Tables, row: number): void {
  const { rows, types } = tables
  const units = rows.visibleLength(row)
  rows.setFlags(row, rows.flags(row) | Flag.deleted)
  const parent = rows.parent(row)
  if (units === 0 || parent < 0) return
  types.setLength(parent, types.length(parent) - units)
  types.tree(parent)?.changed(row, -units)
}

/** Cuts a row after `units`, which is in 1 … length − 1, and returns the row of the rest. Columns that were read before may be out of date. */
export function split(tables: Tables, row: number, units: number): number {
  const { rows, types } = tables
  const kind = rows.kind(row)
  const flags = rows.flags(row)
  const client = rows.client(row)
  const parent = rows.parent(row)
  const clock = rows.clock(row) + units
  const length = rows.length(row) - units
  const content = rows.content(row)
  const rest = rows.add(
    kind,
    flags,
    client,
    clock,
    length,
    client,
    clock - 1,
    rows.rightOriginClient(row),
    rows.rightOriginClock(row),
    parent,
  )
  if (kind !== ContentKind.deleted) rows.setContent(rest, content + units)
  if (kind === ContentKind.string && (flags & Flag.wide) !== 0) tables.text.cutPair(content, units)
  if ((flags & Flag.redone) !== 0) {
    const redone = tables.redone!
    const [redoneClient, redoneClock] = redone.get(row)!
    redone.set(rest, [redoneClient, redoneClock + units])
  }
  rows.setLength(row, units)
  const right = rows.right(row)
  rows.link(row, rest, right)
  if (parent >= 0) {
    if (right === NONE) types.setTail(parent, rest)
    types.setRows(parent, types.rows(parent) + 1)
    const tree = types.tree(parent)
    if (tree !== undefined) {
      if (rows.isVisible(row)) tree.changed(row, -length)
      tree.insertAfter(row, rest)
    }
  } else if (right === NONE) tables.entries.setTail(entryOfParent(parent), rest)
  tables.ids.insertAfter(client, row, rest)
  return rest
}

/**
 * Merges `right` into `left`, which comes before it by clock, if both are what is left of one run. The rule is that of Yjs, since what is one row is one
 * struct on the wire: the same client, nothing between them, the same right origin, both deleted or none, and content that can be joined.
 */
export function mergeIfOne(tables: Tables, left: number, right: number): boolean {
  const { rows } = tables
  const kind = rows.kind(left)
  if (kind !== rows.kind(right)) return false
  if (kind === GC_KIND) {
    takeOut(tables, left, right)
    return true
  }
  const flags = rows.flags(left)
  const rightFlags = rows.flags(right)
  if (
    rows.right(left) !== right ||
    !rows.continuesItsClient(right) ||
    !rows.haveSameRightOrigin(left, right) ||
    ((flags ^ rightFlags) & Flag.deleted) !== 0 ||
    ((flags | rightFlags) & Flag.redone) !== 0
  )
    return false
  if (!joinContents(tables, left, right)) return false
  rows.setFlags(left, rows.flags(left) | (rightFlags & Flag.keep))
  const parent = rows.parent(right)
  const next = rows.right(right)
  if (parent >= 0) {
    const { types } = tables
    types.tree(parent)?.join(left, right)
    if (next === NONE) types.setTail(parent, left)
    types.setRows(parent, types.rows(parent) - 1)
  } else {
    const { entries } = tables
    const entry = entryOfParent(parent)
    if (entries.tail(entry) === right) entries.setTail(entry, left)
  }
  rows.setRight(left, next)
  if (next !== NONE) rows.setLeft(next, left)
  takeOut(tables, left, right)
  return true
}

/** A row of its own content no longer: what it referred to is let go. */
export function dropContent(tables: Tables, row: number): void {
  const { rows, text, values } = tables
  const content = rows.content(row)
  switch (rows.kind(row)) {
    case GC_KIND:
    case ContentKind.deleted:
    case ContentKind.type:
      return
    case ContentKind.string:
      text.dead += rows.length(row)
      rows.setFlags(row, rows.flags(row) & ~Flag.wide)
      break
    default:
      values.release(content, rows.length(row))
  }
  rows.setContent(row, NONE)
}

/** The row of the visible unit at `index`, and where in it: a lookup leaves both here, since a pair would be allocated each time. */
export class Found {
  row: number = NONE
  /** Units of the row before the index. */
  offset = 0
}

/**
 * Finds the visible unit at `index`, which is below the length of the type. Cost log n, for what is near the last lookup constant. A long list gets its
 * position tree here.
 */
export function findIndex(tables: Tables, type: number, index: number, found: Found): void {
  const { rows } = tables
  const tree = treeOf(tables, type)
  if (tree !== undefined) {
    found.row = tree.find(index)
    found.offset = index - tree.foundStart
    return
  }
  let left = index
  let row = tables.types.head(type)
  for (; ; row = rows.right(row)) {
    const units = rows.visibleLength(row)
    if (left < units) break
    left -= units
  }
  found.row = row
  found.offset = left
}

/** Visible units in front of a row of a type's list. Cost log n. */
export function indexOfRow(tables: Tables, row: number): number {
  const { rows } = tables
  const tree = treeOf(tables, rows.parent(row))
  if (tree !== undefined) return tree.indexOf(row)
  let index = 0
  for (let left = rows.left(row); left !== NONE; left = rows.left(left)) index += rows.visibleLength(left)
  return index
}

/** The position tree of a type, which long lists get when they are first asked for an index. */
export function treeOf(tables: Tables, type: number): PositionTree | undefined {
  const { types } = tables
  const tree = types.tree(type)
  if (tree !== undefined || types.rows(type) <= WALKED_ROWS_MAX) return tree
  return plantTree(tables, type)
}

/** Apart: a document does it once or twice. */
function plantTree({ rows, types }: Tables, type: number): PositionTree {
  rows.withLeaves()
  const tree = new PositionTree(rows, types.head(type), types.rows(type))
  types.setTree(type, tree)
  return tree
}

function joinContents(tables: Tables, left: number, right: number): boolean {
  const { rows, text, values } = tables
  switch (rows.kind(left)) {
    case ContentKind.deleted:
      return true
    case ContentKind.string: {
      const wide = rows.flags(left) & Flag.wide
      const rightWide = rows.flags(right) & Flag.wide
      rows.setContent(
        left,
        text.join(
          wide !== 0,
          rows.content(left),
          rows.length(left),
          rightWide !== 0,
          rows.content(right),
          rows.length(right),
        ),
      )
      rows.setFlags(left, rows.flags(left) | rightWide)
      return true
    }
    case ContentKind.any:
    case ContentKind.json:
      rows.setContent(left, values.join(rows.content(left), rows.length(left), rows.content(right), rows.length(right)))
      return true
    default:
      return false
  }
}

/** Gives the units of `right` to `left`, and its handle back. */
function takeOut(tables: Tables, left: number, right: number): void {
  const { rows, ids } = tables
  ids.remove(rows.client(left), left, right)
  rows.setLength(left, rows.length(left) + rows.length(right))
  rows.release(right)
}
