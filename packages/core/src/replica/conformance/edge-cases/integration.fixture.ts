/** Types before they are in a document, clones, and types that are in one already. */
import type * as Y from 'yjs'
import { arrayOf, thrown, type Case } from './case.fixture.ts'

export const integrationCases: readonly Case[] = [
  {
    title: 'types that are in no document',
    run: (library) => {
      const [it, other, map2, element] = [
        new library.Text('a'),
        new library.Array(),
        new library.Map(),
        new library.XmlElement('p'),
      ]
      it.insert(1, 'b')
      other.push([1])
      other.insert(0, [0])
      map2.set('k', 1)
      element.setAttribute('a', '1')
      return [
        it.length,
        other.length,
        it.doc,
        other.parent,
        thrown(() => it.toDelta()),
        element.nodeName,
        thrown(() => other.get(0)),
      ]
    },
  },
  {
    title: 'edits before a type is in a document are made when it is',
    run: (library, doc) => {
      const it = new library.Text('a')
      it.insert(1, 'b')
      it.format(0, 1, { bold: true })
      it.applyDelta([{ retain: 2 }, { insert: 'c' }])
      it.setAttribute('k', 'v')
      arrayOf(doc, it)
      return [it.toDelta(), it.length, it.getAttributes()]
    },
  },
  {
    title: 'clones',
    run: (library, doc) => {
      const it = new library.Array<unknown>()
      arrayOf(doc, it)
      it.push([1, new library.Map([['k', new library.Text('x')]]), new library.XmlElement('p')])
      const formatted = new library.Text('ab')
      it.push([formatted])
      formatted.format(0, 1, { bold: true })
      const copy = it.clone()
      doc.getMap('map').set('copy', copy)
      it.delete(0, 2)
      return [it, copy, copy === doc.getMap('map').get('copy')]
    },
  },
  {
    title: 'a type of another document',
    run: (library, doc) => {
      const other = new library.Doc()
      const inner = new library.Map()
      other.getArray('array').push([inner])
      arrayOf(doc, inner)
    },
  },
  {
    title: 'several structs at once, of which the first was written behind what was collected',
    run: (library, doc) => {
      doc.clientID = 9
      const list = doc.getArray<Y.Text>('array')
      list.push([new library.Text('deep')])
      const other = new library.Doc()
      other.clientID = 1
      library.applyUpdate(other, library.encodeStateAsUpdate(doc))
      const before = library.encodeStateVector(other)
      const deep = other.getArray<Y.Text>('array').get(0)
      for (let at = 0; at < 12; at++) deep.insert(at % 2 === 0 ? 4 : 2, 'a')
      for (let at = 0; at < 12; at++) other.getText('text').insert(0, 'b')
      list.delete(0)
      library.applyUpdate(doc, library.encodeStateAsUpdate(other, before))
      return [library.encodeStateAsUpdate(doc), doc.getText('text').toJSON()]
    },
  },
]
