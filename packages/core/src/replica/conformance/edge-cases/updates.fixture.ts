/** Updates: what is none, what waits, and updates without a document. */
import { textOf, type Case } from './case.fixture.ts'

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
]
