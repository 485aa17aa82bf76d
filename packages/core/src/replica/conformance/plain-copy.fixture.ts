/** A copy of a document that knows nothing but its deep events: if they say all, it stays equal to the document. */
import type { PlainEvent, PlainOperation } from './journal.fixture.ts'
import type { Plain, PlainPart } from './plain.fixture.ts'

export class PlainCopy {
  readonly roots: Record<string, unknown>

  /** `roots` becomes the copy's own. */
  constructor(roots: Record<string, unknown>) {
    this.roots = roots
  }

  /** Repeats the change. Events come with those of outer types first, as one call of a deep observer gives them. */
  apply({ root, path, delta, keys }: PlainEvent): void {
    const target = typeAt(this.roots[root] as Plain, path)
    if (delta.length > 0) {
      if ('parts' in target) target.parts = changedParts(target.parts, delta)
      else if ('items' in target) target.items = changedItems(target.items, delta)
      else throw new Error(`a delta of a ${target.kind}`)
    }
    for (const { key, action, now } of keys) {
      if (!('entries' in target)) throw new Error(`a key of a ${target.kind}`)
      if ((action === 'add') === key in target.entries) throw new Error(`${action} of the key ${key}`)
      if (action === 'delete') delete target.entries[key]
      else target.entries[key] = structuredClone(now)
    }
  }
}

function typeAt(root: Plain, path: readonly (string | number)[]): Plain {
  let type = root
  for (const step of path) {
    if (typeof step === 'string') type = (type as { entries: Record<string, Plain> }).entries[step]!
    else if ('items' in type) type = type.items.at(step) as Plain
    else type = partAt((type as { parts: PlainPart[] }).parts, step).insert as Plain
    if (type === undefined) throw new Error(`nothing at ${JSON.stringify(path)}`)
  }
  return type
}

function partAt(parts: readonly PlainPart[], at: number): PlainPart {
  let start = 0
  for (const part of parts) {
    if (start === at && typeof part.insert !== 'string') return part
    start += lengthOf(part)
  }
  throw new Error(`no embed at ${at}`)
}

function changedItems(items: readonly unknown[], delta: readonly PlainOperation[]): unknown[] {
  const changed: unknown[] = []
  let at = 0
  for (const operation of delta) {
    if (operation.retain !== undefined) {
      changed.push(...items.slice(at, at + operation.retain))
      at += operation.retain
    } else if (operation.delete !== undefined) at += operation.delete
    else changed.push(...structuredClone(operation.insert as unknown[]))
    if (at > items.length) throw new Error('a delta past the end')
  }
  changed.push(...items.slice(at))
  return changed
}

function changedParts(parts: readonly PlainPart[], delta: readonly PlainOperation[]): PlainPart[] {
  const left = parts.map((part) => ({ ...part }))
  const changed: PlainPart[] = []
  const take = (length: number): PlainPart[] => {
    const taken: PlainPart[] = []
    for (let missing = length; missing > 0;) {
      const part = left.shift()
      if (part === undefined) throw new Error('a delta past the end')
      if (typeof part.insert === 'string' && part.insert.length > missing) {
        left.unshift({ ...part, insert: part.insert.slice(missing) })
        part.insert = part.insert.slice(0, missing)
      }
      missing -= lengthOf(part)
      taken.push(part)
    }
    return taken
  }
  for (const { insert, retain, delete: deleted, attributes } of delta) {
    if (retain !== undefined) {
      for (const part of take(retain)) changed.push({ ...part, attributes: withChanges(part.attributes, attributes) })
    } else if (deleted !== undefined) take(deleted)
    else if (insert !== undefined)
      changed.push({ insert: structuredClone(insert), attributes: withChanges({}, attributes) })
  }
  return [...changed, ...left]
}

function withChanges(
  attributes: Record<string, unknown>,
  changes: Record<string, unknown> | undefined,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...attributes, ...changes }).filter(([, value]) => value !== null))
}

function lengthOf({ insert }: PlainPart): number {
  return typeof insert === 'string' ? insert.length : 1
}
