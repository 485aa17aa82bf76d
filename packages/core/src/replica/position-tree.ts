/**
 * From an index to a row, and back, in one list: a B+tree whose leaves hold row handles in list order, and the visible units below each node. It is built on
 * the first use of an index in a long list, so a document that is only received and stored never pays for it.
 *
 * A cursor remembers the leaf and the row of the last lookup: typing asks for the same place again. What the cursor's leaf gained or lost since is kept aside
 * (`#pending`) and added to the nodes above when the cursor moves on, so that a keystroke changes one number.
 */
import { grown, NONE, type RowTable } from './row-table.ts'

const LEAF_ROWS = 32
const NODE_CHILDREN = 32
/** Leaves and nodes are built so full, to have room. */
const BUILT_FILL = 24
/** How many rows from the cursor on are tried before the tree is asked. */
const CURSOR_STEPS = 6

export class PositionTree {
  readonly #rows: RowTable

  #leafCount = 0
  #leafRows: Int32Array
  #leafSizes: Int32Array
  #leafUnits: Int32Array
  #leafParents: Int32Array

  #nodeCount = 0
  #children: Int32Array
  /** Visible units below each child. */
  #units: Int32Array
  #nodeSizes: Int32Array
  #nodeParents: Int32Array
  /** 0 where the children are leaves. */
  #levels: Int32Array
  #root: number = NONE

  #cursorLeaf: number = NONE
  /** The index at which the cursor's leaf begins, or NONE. */
  #cursorStart: number = NONE
  #cursorRow: number = NONE
  #cursorRowStart = 0
  #pending = 0

  /** After {@link find}, the index at which the row begins. */
  foundStart = 0

  /** Builds the tree of the list that begins with `head` and has about so many rows. */
  constructor(rows: RowTable, head: number, about: number) {
    this.#rows = rows
    const leaves = Math.max(1, Math.ceil(about / BUILT_FILL)) + 4
    this.#leafRows = new Int32Array(leaves * LEAF_ROWS)
    this.#leafSizes = new Int32Array(leaves)
    this.#leafUnits = new Int32Array(leaves)
    this.#leafParents = new Int32Array(leaves)
    const nodes = Math.ceil(leaves / BUILT_FILL) + 4
    this.#children = new Int32Array(nodes * NODE_CHILDREN)
    this.#units = new Int32Array(nodes * NODE_CHILDREN)
    this.#nodeSizes = new Int32Array(nodes)
    this.#nodeParents = new Int32Array(nodes)
    this.#levels = new Int32Array(nodes)
    this.#build(head)
  }

  /**
   * The row of the visible unit at `index`, which is below the length of the list; where the row begins is in {@link foundStart}.
   */
  find(index: number): number {
    const rows = this.#rows
    let leaf = this.#cursorLeaf
    let start = this.#cursorStart
    if (leaf !== NONE && start !== NONE && index >= start && index < start + this.#leafUnits[leaf]!) {
      let row = this.#cursorRow
      if (row !== NONE && index >= this.#cursorRowStart) {
        let at = this.#cursorRowStart
        for (let steps = 0; steps < CURSOR_STEPS && row !== NONE && rows.leaves[row] === leaf; steps++) {
          const units = rows.visibleLength(row)
          if (index < at + units) return this.#found(row, at)
          at += units
          row = rows.right(row)
        }
      }
    } else {
      this.#flush()
      let node = this.#root
      start = 0
      for (;;) {
        let child = node * NODE_CHILDREN
        while (index >= start + this.#units[child]!) start += this.#units[child++]!
        if (this.#levels[node] === 0) {
          leaf = this.#children[child]!
          break
        }
        node = this.#children[child]!
      }
      this.#cursorLeaf = leaf
      this.#cursorStart = start
    }
    let at = start
    for (let slot = leaf * LEAF_ROWS; ; slot++) {
      const row = this.#leafRows[slot]!
      const units = rows.visibleLength(row)
      if (index < at + units) return this.#found(row, at)
      at += units
    }
  }

  /** Visible units before a row of the list. */
  indexOf(row: number): number {
    const rows = this.#rows
    if (row === this.#cursorRow) return this.#cursorRowStart
    const leaf = rows.leaves[row]!
    let start: number
    if (leaf === this.#cursorLeaf && this.#cursorStart !== NONE) start = this.#cursorStart
    else {
      this.#flush()
      start = this.#startOf(leaf)
      this.#cursorLeaf = leaf
      this.#cursorStart = start
    }
    for (let slot = leaf * LEAF_ROWS; ; slot++) {
      const other = this.#leafRows[slot]!
      if (other === row) break
      start += rows.visibleLength(other)
    }
    this.#found(row, start)
    return start
  }

  /** A row was put behind `left`, or in front of everything if that is NONE. Its visible units count from now on. */
  insertAfter(left: number, row: number): void {
    let leaf: number
    let slot = 0
    if (left === NONE) {
      leaf = this.#firstLeaf()
    } else {
      leaf = this.#rows.leaves[left]!
      const from = leaf * LEAF_ROWS
      while (this.#leafRows[from + slot] !== left) slot++
      slot++
    }
    if (this.#leafSizes[leaf] === LEAF_ROWS) {
      const kept = this.#splitLeaf(leaf, slot === LEAF_ROWS)
      if (slot > kept) {
        slot -= kept
        leaf = this.#leafCount - 1
      }
    }
    const size = this.#leafSizes[leaf]!
    const from = leaf * LEAF_ROWS
    this.#leafRows.copyWithin(from + slot + 1, from + slot, from + size)
    this.#leafRows[from + slot] = row
    this.#leafSizes[leaf] = size + 1
    this.#rows.leaves[row] = leaf
    const units = this.#rows.visibleLength(row)
    if (units !== 0) this.changed(row, units)
  }

  /** The visible length of a row of the list changed by `units`. */
  changed(row: number, units: number): void {
    const leaf = this.#rows.leaves[row]!
    if (leaf !== this.#cursorLeaf) this.#moveTo(leaf)
    this.#leafUnits[leaf]! += units
    this.#pending += units
    if (row !== this.#cursorRow) this.#cursorRow = NONE
  }

  /** A row is about to be merged into `left`, the row before it, which gets its units. */
  join(left: number, row: number): void {
    const rows = this.#rows
    const units = rows.visibleLength(row)
    if (rows.leaves[left] !== rows.leaves[row]) {
      if (units > 0) {
        this.changed(row, -units)
        this.changed(left, units)
      }
    } else if (this.#cursorRow === row) {
      this.#cursorRow = left
      this.#cursorRowStart -= rows.visibleLength(left)
    }
    this.#remove(row)
  }

  #remove(row: number): void {
    const leaf = this.#rows.leaves[row]!
    const from = leaf * LEAF_ROWS
    const size = this.#leafSizes[leaf]! - 1
    this.#leafSizes[leaf] = size
    let slot = from
    while (this.#leafRows[slot] !== row) slot++
    this.#leafRows.copyWithin(slot, slot + 1, from + size + 1)
    if (this.#cursorRow === row) this.#cursorRow = NONE
    if (size === 0) this.#removeLeaf(leaf)
  }

  /** The last lookup, so that the next one at the same place need not search. `row` begins at `start`. */
  pointTo(row: number, start: number): void {
    const leaf = this.#rows.leaves[row]!
    if (leaf !== this.#cursorLeaf) this.#moveTo(leaf)
    if (this.#cursorStart === NONE) {
      let before = 0
      for (let slot = leaf * LEAF_ROWS; this.#leafRows[slot] !== row; slot++) {
        before += this.#rows.visibleLength(this.#leafRows[slot]!)
      }
      this.#cursorStart = start - before
    }
    this.#cursorRow = row
    this.#cursorRowStart = start
  }

  /** The row where the last lookup ended if it ends at `index`, or NONE: what somebody types next continues it. */
  rowEndingAt(index: number): number {
    const row = this.#cursorRow
    if (row === NONE) return NONE
    const units = this.#rows.visibleLength(row)
    return units > 0 && this.#cursorRowStart + units === index ? row : NONE
  }

  #found(row: number, start: number): number {
    this.#cursorRow = row
    this.#cursorRowStart = start
    this.foundStart = start
    return row
  }

  #moveTo(leaf: number): void {
    this.#flush()
    this.#cursorLeaf = leaf
    this.#cursorStart = NONE
    this.#cursorRow = NONE
  }

  #flush(): void {
    const units = this.#pending
    if (units === 0) return
    this.#pending = 0
    let child = this.#cursorLeaf
    let node = this.#leafParents[child]!
    while (node !== NONE) {
      let slot = node * NODE_CHILDREN
      while (this.#children[slot] !== child) slot++
      this.#units[slot]! += units
      child = node
      node = this.#nodeParents[node]!
    }
  }

  #startOf(leaf: number): number {
    let start = 0
    let child = leaf
    let node = this.#leafParents[leaf]!
    while (node !== NONE) {
      for (let slot = node * NODE_CHILDREN; this.#children[slot] !== child; slot++) start += this.#units[slot]!
      child = node
      node = this.#nodeParents[node]!
    }
    return start
  }

  #firstLeaf(): number {
    let node = this.#root
    while (this.#levels[node] !== 0) node = this.#children[node * NODE_CHILDREN]!
    return this.#children[node * NODE_CHILDREN]!
  }

  /** Moves the end of a full leaf to a new one, little of it when rows are added at its end. Returns how many stay. */
  #splitLeaf(leaf: number, isAtEnd: boolean): number {
    this.#flush()
    const right = this.#newLeaf()
    const kept = isAtEnd ? LEAF_ROWS - 4 : LEAF_ROWS / 2
    let moved = 0
    for (let slot = kept; slot < LEAF_ROWS; slot++) {
      const row = this.#leafRows[leaf * LEAF_ROWS + slot]!
      this.#leafRows[right * LEAF_ROWS + slot - kept] = row
      this.#rows.leaves[row] = right
      moved += this.#rows.visibleLength(row)
    }
    this.#leafSizes[leaf] = kept
    this.#leafSizes[right] = LEAF_ROWS - kept
    this.#leafUnits[leaf]! -= moved
    this.#leafUnits[right] = moved
    this.#insertChild(this.#leafParents[leaf]!, leaf, right, moved, true)
    this.#cursorRow = NONE
    return kept
  }

  /** Puts a child behind another, from which it took `units`. */
  #insertChild(node: number, after: number, child: number, units: number, isLeaf: boolean): void {
    if (this.#nodeSizes[node] === NODE_CHILDREN) {
      this.#splitNode(node)
      const parent = isLeaf ? this.#leafParents[after]! : this.#nodeParents[after]!
      this.#insertChild(parent, after, child, units, isLeaf)
      return
    }
    const from = node * NODE_CHILDREN
    const end = from + this.#nodeSizes[node]!
    let slot = from
    while (this.#children[slot] !== after) slot++
    this.#units[slot]! -= units
    this.#children.copyWithin(slot + 2, slot + 1, end)
    this.#units.copyWithin(slot + 2, slot + 1, end)
    this.#children[slot + 1] = child
    this.#units[slot + 1] = units
    this.#nodeSizes[node]!++
    if (isLeaf) this.#leafParents[child] = node
    else this.#nodeParents[child] = node
  }

  #splitNode(node: number): void {
    const level = this.#levels[node]!
    const right = this.#newNode(level)
    const half = NODE_CHILDREN / 2
    let kept = 0
    let moved = 0
    for (let slot = 0; slot < NODE_CHILDREN; slot++) {
      const units = this.#units[node * NODE_CHILDREN + slot]!
      if (slot < half) {
        kept += units
        continue
      }
      const child = this.#children[node * NODE_CHILDREN + slot]!
      this.#children[right * NODE_CHILDREN + slot - half] = child
      this.#units[right * NODE_CHILDREN + slot - half] = units
      moved += units
      if (level === 0) this.#leafParents[child] = right
      else this.#nodeParents[child] = right
    }
    this.#nodeSizes[node] = half
    this.#nodeSizes[right] = NODE_CHILDREN - half
    let parent = this.#nodeParents[node]!
    if (parent === NONE) {
      parent = this.#newNode(level + 1)
      this.#root = parent
      this.#nodeParents[parent] = NONE
      this.#nodeParents[node] = parent
      this.#children[parent * NODE_CHILDREN] = node
      this.#units[parent * NODE_CHILDREN] = kept + moved
      this.#nodeSizes[parent] = 1
    }
    this.#insertChild(parent, node, right, moved, false)
  }

  /** Takes an empty leaf out, and nodes that become empty with it; the last leaf of a list stays. Leaves are not used again. */
  #removeLeaf(leaf: number): void {
    this.#flush()
    let child = leaf
    let node = this.#leafParents[leaf]!
    for (;;) {
      if (this.#nodeSizes[node] === 1) {
        // The only way to the last leaf; what is above has no other child either.
        if (this.#nodeParents[node] === NONE) return
        if (this.#isOnlyPath(node)) return
      }
      const from = node * NODE_CHILDREN
      const size = --this.#nodeSizes[node]!
      let slot = from
      while (this.#children[slot] !== child) slot++
      this.#children.copyWithin(slot, slot + 1, from + size + 1)
      this.#units.copyWithin(slot, slot + 1, from + size + 1)
      if (size > 0) break
      child = node
      node = this.#nodeParents[node]!
    }
    if (this.#cursorLeaf === leaf) {
      this.#cursorLeaf = NONE
      this.#cursorStart = NONE
      this.#cursorRow = NONE
    }
  }

  /** Whether a node and all nodes above have a single child. */
  #isOnlyPath(from: number): boolean {
    for (let node = from; node !== NONE; node = this.#nodeParents[node]!) if (this.#nodeSizes[node]! > 1) return false
    return true
  }

  #newLeaf(): number {
    const leaf = this.#leafCount++
    if (leaf === this.#leafSizes.length) {
      const capacity = Math.ceil(leaf * 1.5) + 4
      this.#leafRows = grown(this.#leafRows, capacity * LEAF_ROWS)
      this.#leafSizes = grown(this.#leafSizes, capacity)
      this.#leafUnits = grown(this.#leafUnits, capacity)
      this.#leafParents = grown(this.#leafParents, capacity)
    }
    return leaf
  }

  #newNode(level: number): number {
    const node = this.#nodeCount++
    if (node === this.#nodeSizes.length) {
      const capacity = Math.ceil(node * 1.5) + 4
      this.#children = grown(this.#children, capacity * NODE_CHILDREN)
      this.#units = grown(this.#units, capacity * NODE_CHILDREN)
      this.#nodeSizes = grown(this.#nodeSizes, capacity)
      this.#nodeParents = grown(this.#nodeParents, capacity)
      this.#levels = grown(this.#levels, capacity)
    }
    this.#levels[node] = level
    return node
  }

  #build(head: number): void {
    const rows = this.#rows
    let leaf = this.#newLeaf()
    let level = [leaf]
    for (let row = head; row !== NONE; row = rows.right(row)) {
      if (this.#leafSizes[leaf] === BUILT_FILL) {
        leaf = this.#newLeaf()
        level.push(leaf)
      }
      this.#leafRows[leaf * LEAF_ROWS + this.#leafSizes[leaf]!++] = row
      rows.leaves[row] = leaf
      this.#leafUnits[leaf]! += rows.visibleLength(row)
    }
    let units = level.map((child) => this.#leafUnits[child]!)
    let height = 0
    do {
      const nodes: number[] = []
      const sums: number[] = []
      for (let from = 0; from < level.length; from += BUILT_FILL) {
        const node = this.#newNode(height)
        nodes.push(node)
        let sum = 0
        for (let at = from; at < Math.min(from + BUILT_FILL, level.length); at++) {
          const slot = node * NODE_CHILDREN + this.#nodeSizes[node]!++
          this.#children[slot] = level[at]!
          this.#units[slot] = units[at]!
          sum += units[at]!
          if (height === 0) this.#leafParents[level[at]!] = node
          else this.#nodeParents[level[at]!] = node
        }
        sums.push(sum)
      }
      level = nodes
      units = sums
      height++
    } while (level.length > 1)
    this.#root = level[0]!
    this.#nodeParents[this.#root] = NONE
  }
}
