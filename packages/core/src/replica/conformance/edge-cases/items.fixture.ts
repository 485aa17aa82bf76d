/** Items, as far as bindings find their way by them. */
import type * as Y from 'yjs'
import { arrayOf, thrown, type Case } from './case.fixture.ts'

/** With what is internal to Yjs, and used all the same. */
interface Walked {
  readonly _length: number
  readonly _item: Y.Item | null
  readonly _first: Y.Item | null
  readonly _start: Y.Item | null
}

const walked = (type: unknown): Walked => type as Walked

export const itemCases: readonly Case[] = [
  {
    title: 'from a type to its item, its neighbours and its parents',
    run: (library, doc) => {
      doc.clientID = 3
      const [a, gone, b] = [new library.XmlElement('a'), new library.XmlElement('gone'), new library.XmlText('b')]
      const fragment = doc.getXmlFragment('xml')
      fragment.insert(0, [new library.XmlElement('gone too'), a, gone, b])
      fragment.delete(2, 1)
      fragment.delete(0, 1)
      const item = walked(a)._item!
      const typeOf = (it: Y.Item | null): unknown => (it?.content as Y.ContentType | undefined)?.type
      return [
        walked(fragment)._item,
        [walked(fragment)._length, walked(b)._length, walked(new library.XmlText('x'))._length],
        walked(b)._first?.content instanceof library.ContentType,
        typeOf(walked(fragment)._first) === a,
        item.content instanceof library.ContentType,
        item.constructor === library.Item,
        typeOf(item.next) === b,
        item.right?.deleted,
        typeOf(walked(b)._item!.prev) === a,
        item.parent === fragment,
        item.parentSub,
        [item.id.client, item.id.clock, item.length, item.deleted],
        library.compareIDs(item.id, library.createID(3, item.id.clock)),
        library.compareIDs(item.id, null),
        library.compareIDs(null, null),
      ]
    },
  },
  {
    title: 'characters and formatting of a text, item by item',
    run: (library, doc) => {
      const text = doc.getText('text')
      text.insert(0, 'plain bold')
      text.format(6, 4, { bold: true })
      text.delete(1, 3)
      const seen: unknown[] = []
      for (let item = walked(text)._start; item !== null; item = item.right) {
        const { content } = item
        if (item.deleted) seen.push('deleted')
        else if (content instanceof library.ContentString)
          seen.push([content.str, content.getContent(), item.countable])
        else if (content instanceof library.ContentFormat) seen.push([content.key, content.value, item.countable])
      }
      return seen
    },
  },
  {
    title: 'who is inside of whom, and what a root is called',
    run: (library, doc) => {
      const inner = new library.Map<unknown>()
      arrayOf(doc, inner)
      inner.set('deep', new library.Text('x'))
      const deep = walked(inner.get('deep'))._item
      const array = doc.getArray('array')
      return [
        library.isParentOf(array as never, deep),
        library.isParentOf(inner as never, deep),
        library.isParentOf(doc.getMap('other') as never, deep),
        library.isParentOf(array as never, null),
        library.findRootTypeKey(array as never),
        deep!.parentSub,
        thrown(() => library.findRootTypeKey(inner as never)),
      ]
    },
  },
  {
    title: 'an item is deleted by itself',
    run: (library, doc) => {
      doc.clientID = 3
      const inner = new library.Text('text')
      arrayOf(doc, 1, inner, 2)
      doc.transact((transaction) => walked(inner)._item!.delete(transaction))
      return [doc.getArray('array'), library.encodeStateAsUpdate(doc)]
    },
  },
  {
    title: 'types that a transaction deleted',
    run: (library, doc) => {
      const [inner, other] = [new library.Text('text'), new library.Map()]
      arrayOf(doc, 1, inner, other, 2)
      const seen: unknown[] = []
      doc.on('afterTransaction', (transaction) => {
        library.iterateDeletedStructs(transaction, transaction.deleteSet, (struct) => {
          const { content } = struct as Y.Item
          if (content instanceof library.ContentType)
            seen.push((content.type as unknown) === inner, content.type.doc === doc)
        })
      })
      doc.getArray('array').delete(1, 1)
      doc.getArray('array').delete(1, 1)
      return seen
    },
  },
]
