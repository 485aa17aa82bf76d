/** Updates: what is none, what waits, and updates without a document. */
import type * as Y from 'yjs'
import type { Library } from '../library.fixture.ts'
import { textOf, type Case } from './case.fixture.ts'

/** What a document tells of updates when the second and later ones come while it tells of the first, a transaction each. */
function toldInOneRound(library: Library, doc: Y.Doc, first: Uint8Array, ...others: Uint8Array[]): unknown {
  const told: Uint8Array[] = []
  doc.on('update', (update) => told.push(update))
  doc.once('afterTransaction', () => {
    for (const update of others) library.applyUpdate(doc, update)
  })
  library.applyUpdate(doc, first)
  return [told, library.encodeStateAsUpdate(doc)]
}

/** Updates of another client: each letter of a word, and what it has once it has typed the first ones. */
function typing(
  library: Library,
  word: string,
): { letters: Uint8Array[]; has: (letters: number, but?: number) => Uint8Array } {
  const author = new library.Doc()
  author.clientID = 2
  const letters: Uint8Array[] = []
  author.on('update', (update) => letters.push(update))
  for (const [at, letter] of Array.from(word).entries()) author.getText('text').insert(at, letter)
  const has = (count: number, but = 0): Uint8Array => {
    const copy = new library.Doc()
    for (const letter of letters.slice(0, count)) library.applyUpdate(copy, letter)
    return library.encodeStateAsUpdate(copy, library.encodeStateVector(new Map([[2, but]])))
  }
  return { letters, has }
}

export const updateCases: readonly Case[] = [
  { title: 'bytes that are no update', run: (library, doc) => library.applyUpdate(doc, Uint8Array.of(1)) },
  { title: 'no bytes', run: (library, doc) => library.applyUpdate(doc, new Uint8Array(0)) },
  {
    title: 'an empty document',
    run: (library, doc) => [
      library.encodeStateAsUpdate(doc),
      library.encodeStateAsUpdateV2(doc),
      library.encodeStateVector(doc),
    ],
  },
  {
    title: 'a state vector that claims more than there is',
    run: (library, doc) => {
      doc.clientID = 1
      textOf(doc)
      return library.encodeStateAsUpdate(doc, library.encodeStateVector(new Map([[1, 99], [2, 5]]))) // prettier-ignore
    },
  },
  {
    title: 'updates without a document',
    run: (library, doc) => {
      doc.clientID = 1
      const all: Uint8Array[] = []
      doc.on('update', (update: Uint8Array) => all.push(update))
      textOf(doc)
      doc.getText('text').insert(3, 'def')
      doc.getText('text').delete(0, 1)
      const merged = library.mergeUpdates(all)
      const v2 = library.convertUpdateFormatV1ToV2(merged)
      const copy = new library.Doc()
      library.applyUpdateV2(copy, library.mergeUpdatesV2([v2, v2]))
      const { from, to } = library.parseUpdateMeta(merged)
      return [
        copy.getText('text').toJSON(),
        [...from],
        [...to],
        library.encodeStateVectorFromUpdate(merged),
        library.convertUpdateFormatV2ToV1(v2).length > 0,
        library.diffUpdate(merged, library.encodeStateVector(doc)).length,
      ]
    },
  },
  {
    title: 'an update that came before what it follows waits',
    run: (library, doc) => {
      const other = new library.Doc()
      other.clientID = 2
      const all: Uint8Array[] = []
      other.on('update', (update: Uint8Array) => all.push(update))
      for (const word of ['a', 'b', 'c']) textOf(other, word)
      other.getText('text').delete(1, 1)
      const told: unknown[] = []
      doc.on('update', (_, source) => told.push(source))
      library.applyUpdate(doc, all.at(3)!, 'deletion')
      library.applyUpdate(doc, all.at(2)!, 'third')
      library.applyUpdate(doc, all.at(1)!, 'second')
      const before = doc.getText('text').toJSON()
      library.applyUpdate(doc, all.at(0)!, 'first')
      return [told, before, doc.getText('text').toJSON()]
    },
  },
  {
    title: 'what is known is cut where it was written, as long as a round lasts',
    run: (library, doc) => {
      const { letters, has } = typing(library, 'abc')
      const [first, b, c] = letters as [Uint8Array, Uint8Array, Uint8Array]
      doc.clientID = 3
      textOf(doc, 'else')
      const before = library.encodeStateAsUpdate(doc)
      return [
        [has(3), b],
        [has(3), c, b],
        [first, has(3, 1), c],
        [has(3), first],
      ].map((updates) => toldInOneRound(library, new library.Doc(), before, ...updates))
    },
  },
  {
    title: 'what is known in part is cut where it was written, as long as a round lasts',
    run: (library, doc) => {
      const { has } = typing(library, 'abcd')
      doc.clientID = 3
      textOf(doc, 'else')
      const before = library.encodeStateAsUpdate(doc)
      return [
        [has(2), has(3, 1)],
        [has(3), has(4, 1), has(4, 2)],
      ].map((updates) => toldInOneRound(library, new library.Doc(), before, ...updates))
    },
  },
  {
    title: 'where what is known was written, neighbours are joined before listeners see them',
    run: (library, doc) => {
      const told: unknown[] = []
      const { letters, has } = typing(library, 'abc')
      const [, second] = letters as [Uint8Array, Uint8Array]
      const it = doc.getText('text')
      library.applyUpdate(doc, has(3))
      doc.clientID = 2
      it.observe(({ delta }) => told.push(delta))
      doc.on('update', (update) => told.push(update))
      doc.once('afterTransaction', () => {
        it.insert(3, 'd')
        it.insert(4, 'e')
      })
      library.applyUpdate(doc, second)
      return told
    },
  },
  {
    title: 'where what is known was written, neighbours are joined that were collected meanwhile',
    run: (library, doc) => {
      const other = new library.Doc()
      other.clientID = 9
      other.getMap('map').set('key', null)
      doc.clientID = 1
      const of: Uint8Array[] = []
      doc.on('update', (update) => of.push(update))
      const nested = new library.Map<unknown>()
      doc.getMap('map').set('key', nested)
      nested.set('inner', 1)
      nested.set('inner', new library.Text('collected'))
      doc.getText('text').insert(0, 'kept')
      nested.set('inner', 2)
      const one = library.mergeUpdates([...of.slice(2, 3), library.encodeStateAsUpdate(other)])
      library.applyUpdate(doc, one)
      return library.encodeStateAsUpdate(doc)
    },
  },
]
