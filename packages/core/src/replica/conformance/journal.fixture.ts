/**
 * What a document tells its listeners, in order and as plain values: every event of the document, of its root types and of the types
 * that are watched. Two libraries that are given the same edits must write the same journal.
 */
import type * as Y from 'yjs'
import type { Library } from './library.fixture.ts'
import { hexOfBytes, plainOf, rootTypes } from './plain.fixture.ts'

/** One thing that was told. */
export interface Entry {
  readonly event: string
  readonly [detail: string]: unknown
}

/** What a deep event of a root type said; enough to repeat the change on plain values. */
export interface PlainEvent {
  readonly root: string
  readonly kind: string
  readonly path: readonly (string | number)[]
  readonly delta: readonly PlainOperation[]
  readonly keys: readonly PlainKey[]
}

export interface PlainOperation {
  readonly insert?: unknown
  readonly retain?: number
  readonly delete?: number
  readonly attributes?: Record<string, unknown>
}

/** A key that changed: `now` is what the event's target has under it, undefined if nothing. */
export interface PlainKey {
  readonly key: string
  readonly action: string
  readonly oldValue: unknown
  readonly now: unknown
}

export interface Listener {
  readonly write: (entry: Entry) => void
  readonly onDeepEvents: (events: readonly PlainEvent[]) => void
  readonly onUpdate: (version: 1 | 2, update: Uint8Array, local: boolean) => void
  /** Called in the place that the name says, after it was written down. */
  readonly react: (place: Place) => void
}

/** Where listeners edit. Not in `beforeObserverCalls`: until observers are called, Yjs takes indices to be where they were before a received update. */
export type Place = (typeof reactionPlaces)[number]

export const reactionPlaces = [
  'observer',
  'afterTransaction',
  'afterTransactionCleanup',
  'update',
  'afterAllTransactions',
] as const

/** Listens to everything of the document until the end of its life. */
export function keepJournal(library: Library, doc: Y.Doc, listener: Listener): void {
  const { write } = listener
  doc.on('beforeAllTransactions', () => write({ event: 'beforeAllTransactions' }))
  doc.on('beforeTransaction', (transaction) => write({ event: 'beforeTransaction', ...sourceOf(transaction) }))
  doc.on('beforeObserverCalls', (transaction) => write({ event: 'beforeObserverCalls', ...workOf(transaction) }))
  doc.on('afterTransaction', (transaction) => {
    // Before, who has observers to call may not have looked for them.
    write({ event: 'afterTransaction', ...workOf(transaction), parents: transaction.changedParentTypes.size })
    listener.react('afterTransaction')
  })
  doc.on('afterTransactionCleanup', (transaction) => {
    write({ event: 'afterTransactionCleanup', ...sourceOf(transaction) })
    listener.react('afterTransactionCleanup')
  })
  doc.on('afterAllTransactions', (_, transactions) => {
    write({ event: 'afterAllTransactions', transactions: transactions.length })
    listener.react('afterAllTransactions')
  })
  const onUpdate =
    (version: 1 | 2) =>
    (update: Uint8Array, source: unknown, _: Y.Doc, transaction: Y.Transaction): void => {
      write({ event: 'update', version, bytes: hexOfBytes(update), source: nameOf(source) })
      listener.onUpdate(version, update, transaction.local)
      listener.react('update')
    }
  doc.on('update', onUpdate(1))
  doc.on('updateV2', onUpdate(2))
  doc.on('subdocs', ({ added, loaded, removed }) =>
    write({ event: 'subdocs', added: guidsOf(added), loaded: guidsOf(loaded), removed: guidsOf(removed) }),
  )
  for (const [root, type] of rootTypes(doc)) {
    watch(library, root, type, write)
    type.observeDeep((events, transaction) => {
      const plain = (events as Y.YEvent<Y.AbstractType<unknown>>[]).map((event) => plainEvent(library, root, event))
      write({ event: 'observeDeep', root, events: plain, ...sourceOf(transaction) })
      listener.onDeepEvents(plain)
      listener.react('observer')
    })
  }
}

/** Writes down what is told to an observer of this type alone. */
export function watch(
  library: Library,
  name: string,
  type: Y.AbstractType<unknown>,
  write: (entry: Entry) => void,
): void {
  type.observe((event, transaction) => {
    const it = event as Y.YEvent<Y.AbstractType<unknown>>
    write({ event: 'observe', name, ...plainEvent(library, name, it), ...sourceOf(transaction) })
  })
}

function plainEvent(library: Library, root: string, event: Y.YEvent<Y.AbstractType<unknown>>): PlainEvent {
  const { target, changes } = event
  const keys = [...event.keys].map(([key, { action, oldValue }]) => ({
    key,
    action,
    oldValue: plainOf(library, oldValue),
    now: plainOf(library, valueAt(library, target, key)),
  }))
  const delta = (event.delta as PlainOperation[]).map((operation) => plainOperation(library, operation))
  return {
    root,
    kind: kindOf(library, target),
    path: [...event.path],
    delta,
    keys,
    ...childrenChanged(library, event),
    // How many there are depends on how content is cut into items.
    hasAdded: changes.added.size > 0,
    hasDeleted: changes.deleted.size > 0,
    isTarget: event.target === target && event.currentTarget !== null,
  } as PlainEvent
}

/** Fields that only some kinds of events have. */
function childrenChanged(library: Library, event: unknown): Record<string, unknown> {
  if (event instanceof library.YXmlEvent) {
    const { attributesChanged, childListChanged } = event as unknown as {
      attributesChanged: Set<string>
      childListChanged: boolean
    }
    return { attributesChanged: [...attributesChanged], childListChanged }
  }
  if (event instanceof library.YTextEvent || event instanceof library.YMapEvent) {
    return { keysChanged: [...(event as { keysChanged: Set<string> }).keysChanged] }
  }
  return {}
}

function plainOperation(library: Library, operation: PlainOperation): PlainOperation {
  const { insert } = operation
  if (insert === undefined) return operation
  const inserted = Array.isArray(insert) ? insert.map((it: unknown) => plainOf(library, it)) : plainOf(library, insert)
  return { ...operation, insert: inserted }
}

function valueAt(library: Library, type: unknown, key: string): unknown {
  if (type instanceof library.Map) return type.get(key)
  if (type instanceof library.XmlElement || type instanceof library.Text) return type.getAttribute(key) as unknown
  return undefined
}

function kindOf(library: Library, type: unknown): string {
  const kinds = ['XmlHook', 'XmlElement', 'XmlFragment', 'XmlText', 'Text', 'Array', 'Map'] as const
  return kinds.find((kind) => type instanceof library[kind]) ?? 'unknown'
}

function sourceOf(transaction: Y.Transaction): { source: string; local: boolean } {
  return { source: nameOf(transaction.origin), local: transaction.local }
}

/** What a transaction did, as far as its public fields say. */
function workOf(transaction: Y.Transaction): Record<string, unknown> {
  return {
    ...sourceOf(transaction),
    before: sortedEntries(transaction.beforeState),
    after: sortedEntries(transaction.afterState),
    deleted: [...transaction.deleteSet.clients]
      .map(([client, ranges]) => [client, ranges.map(({ clock, len }) => [clock, len])] as const)
      .sort(([a], [b]) => a - b),
    changed: [...transaction.changed.values()].map((keys) => Array.from(keys)),
  }
}

function sortedEntries(map: ReadonlyMap<number, number>): [number, number][] {
  return [...map].sort(([a], [b]) => a - b)
}

function guidsOf(docs: ReadonlySet<Y.Doc>): string[] {
  return Array.from(docs, ({ guid }) => guid).sort()
}

function nameOf(source: unknown): string {
  return typeof source === 'object' && source !== null ? 'object' : String(source)
}
