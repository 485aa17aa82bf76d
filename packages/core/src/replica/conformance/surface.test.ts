/** Yjs's public names: each is there, with the same kind of value, or is listed here with the reason. Names that begin with `_` are Yjs's own. */
import { describe, expect, test } from 'vitest'
import type * as Y from 'yjs'
import { subject, yjs, type Library } from './library.fixture.ts'

/** What the replica does without, by name; a name that it has must not stand here. */
const missingExports: Readonly<Record<string, string>> = {
  AbstractConnector: 'a base class of connectors that nothing uses any more',
  AbstractStruct: 'structs are rows, not objects',
  cleanupYTextFormatting: 'not built yet',
  ContentAny: 'content is in columns, not in objects',
  ContentBinary: 'content is in columns, not in objects',
  ContentDeleted: 'content is in columns, not in objects',
  ContentDoc: 'content is in columns, not in objects',
  ContentEmbed: 'content is in columns, not in objects',
  ContentJSON: 'content is in columns, not in objects',
  createDeleteSetFromStructStore: 'works on the struct store',
  decodeUpdate: 'gives structs as objects of Yjs; `@syncline/core` has one of its own',
  decodeUpdateV2: 'gives structs as objects of Yjs; `@syncline/core` has one of its own',
  findIndexSS: 'searches arrays of structs',
  GC: 'structs are rows, not objects',
  getItem: 'gives structs as objects',
  getItemCleanEnd: 'gives structs as objects',
  getItemCleanStart: 'gives structs as objects',
  getState: 'reads the struct store',
  getTypeChildren: 'gives structs as objects',
  logType: 'prints to the console',
  logUpdate: 'prints to the console',
  logUpdateV2: 'prints to the console',
  obfuscateUpdate: 'not built',
  obfuscateUpdateV2: 'not built',
  PermanentUserData: "experimental in Yjs; attribution is the relay's",
  readUpdate: 'reads with a decoder of Yjs',
  readUpdateV2: 'reads with a decoder of Yjs',
  Skip: 'structs are rows, not objects',
  tryGc: 'works on the struct store',
  UpdateDecoderV1: 'codecs have no classes',
  UpdateDecoderV2: 'codecs have no classes',
  UpdateEncoderV1: 'codecs have no classes',
  UpdateEncoderV2: 'codecs have no classes',
}

/** The same for what instances have: `Class.member`. */
const missingMembers: Readonly<Record<string, string>> = {
  'Doc.gcFilter': 'null unless it was given as an option',
  'Doc.store': 'structs are rows of tables, which are not shown',
}

describe('exports', () => {
  test.each(Object.keys(yjs))('%s', (name) => {
    const [published, ours] = [yjs, subject].map((library) => (library as unknown as Record<string, unknown>)[name])
    if (name in missingExports) expect(ours).toBeUndefined()
    else expect(typeof ours).toBe(typeof published)
  })

  test('nothing that is listed as missing is unknown to Yjs', () => {
    expect(Object.keys(missingExports).filter((name) => !(name in yjs))).toEqual([])
  })
})

describe('members', () => {
  const [published, ours] = [instancesOf(yjs), instancesOf(subject)]
  const members = Object.entries(published).flatMap(([name, instance]) =>
    namesOf(instance).map((member) => [`${name}.${member}`, name, member] as const),
  )

  test.each(members)('%s', (full, name, member) => {
    const [expected, actual] = [published, ours].map((instances) => kindOf(instances[name], member))
    // What there are no instances of is in the list of exports.
    if (full in missingMembers || ours[name] === undefined) expect(['nothing', 'null']).toContain(actual)
    else expect(actual).toBe(expected)
  })

  test('nothing that is listed as missing is unknown to Yjs', () => {
    const known = new Set<string>(members.map(([full]) => full))
    expect(Object.keys(missingMembers).filter((full) => !known.has(full))).toEqual([])
  })
})

describe('classes', () => {
  test('are subclasses of each other as in Yjs', () => {
    const kinds = [
      'AbstractType',
      'Array',
      'Map',
      'Text',
      'XmlFragment',
      'XmlElement',
      'XmlHook',
      'XmlText',
      'YEvent',
    ] as const
    const relations = (library: Library, name: string, instance: unknown): string[] =>
      kinds.filter((kind) => instance instanceof library[kind]).map((kind) => `${name} is ${kind}`)
    const all = (library: Library): string[] =>
      Object.entries(instancesOf(library)).flatMap(([name, instance]) => relations(library, name, instance))
    expect(all(subject)).toEqual(all(yjs))
  })
})

/** One instance of everything that an app gets into its hands. */
function instancesOf(library: Library): Record<string, unknown> {
  const has = (name: keyof Library): boolean => name in library
  const doc = new library.Doc()
  const events: Record<string, unknown> = {}
  const roots = {
    Text: doc.getText('text'),
    Array: doc.getArray('array'),
    Map: doc.getMap('map'),
    XmlFragment: doc.getXmlFragment('xml'),
  }
  for (const [name, type] of Object.entries(roots)) {
    ;(type as Y.AbstractType<unknown>).observe((event) => {
      // Who reads them too late may be refused.
      const { changes, delta, keys } = event as Y.YEvent<never>
      if (changes.delta.length + delta.length + keys.size > 0) events[`${name} event`] = event
    })
  }
  const undoManager = has('UndoManager') ? new library.UndoManager(roots.Text) : undefined
  roots.Text.insert(0, 'text')
  roots.Array.push([1])
  roots.Map.set('k', 1)
  const nested = { XmlElement: new library.XmlElement('p'), XmlText: new library.XmlText('x') }
  roots.XmlFragment.push([nested.XmlElement, nested.XmlText])
  const hook = new library.XmlHook('hook')
  roots.XmlFragment.push([hook as unknown as Y.XmlElement])
  const position = has('createRelativePositionFromTypeIndex')
    ? library.createRelativePositionFromTypeIndex(roots.Text, 1)
    : undefined
  return {
    Doc: doc,
    ...roots,
    ...nested,
    XmlHook: hook,
    ...events,
    Transaction: (events['Text event'] as { transaction: unknown }).transaction,
    UndoManager: undoManager,
    StackItem: undoManager?.undoStack.at(0),
    RelativePosition: position,
    AbsolutePosition: position && library.createAbsolutePositionFromRelativePosition(position, doc),
    Snapshot: has('snapshot') ? library.snapshot(doc) : undefined,
    ID: has('createID') ? library.createID(1, 2) : undefined,
  }
}

/** Of the instance and its classes, sorted. */
function namesOf(instance: unknown): string[] {
  const names = new Set<string>()
  for (let level = instance; level !== Object.prototype && level !== null; level = Object.getPrototypeOf(level)) {
    for (const name of Object.getOwnPropertyNames(level))
      if (!name.startsWith('_') && name !== 'constructor') names.add(name)
  }
  return Array.from(names).sort()
}

function kindOf(instance: unknown, member: string): string {
  if (typeof instance !== 'object' || instance === null || !(member in instance)) return 'nothing'
  const value = readOrNull(instance as Record<string, unknown>, member)
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : value instanceof Map ? 'map' : value instanceof Set ? 'set' : typeof value
}

/** What an event computes can be read by its listeners alone: that it is there is enough. */
function readOrNull(instance: Record<string, unknown>, member: string): unknown {
  try {
    return instance[member]
  } catch {
    return null
  }
}
