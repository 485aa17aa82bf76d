/** Texts: positions, formatting, deltas, halves of surrogate pairs. */
import { textOf, type Case } from './case.fixture.ts'

export const textCases: readonly Case[] = [
  { title: 'insert past the end', run: (_, doc) => textOf(doc).insert(4, 'x') },
  { title: 'insert at a negative index', run: (_, doc) => (textOf(doc).insert(-1, 'x'), doc.getText('text').toJSON()) },
  { title: 'insert nothing', run: (_, doc) => (textOf(doc).insert(9, ''), doc.getText('text').toJSON()) },
  { title: 'delete past the end', run: (_, doc) => (textOf(doc).delete(1, 9), doc.getText('text').toJSON()) },
  { title: 'delete nothing past the end', run: (_, doc) => (textOf(doc).delete(9, 0), doc.getText('text').toJSON()) },
  { title: 'delete after the end', run: (_, doc) => (textOf(doc).delete(9, 1), doc.getText('text').toJSON()) },
  {
    title: 'format past the end',
    run: (_, doc) => (textOf(doc).format(2, 5, { b: 1 }), doc.getText('text').toDelta()),
  },
  { title: 'format nothing', run: (_, doc) => (textOf(doc).format(1, 0, { b: 1 }), doc.getText('text').toDelta()) },
  {
    title: 'format from the end',
    run: (_, doc) => (textOf(doc).format(3, 2, { b: 1 }), doc.getText('text').toDelta()),
  },
  {
    title: 'insert where attributes end and begin',
    run: (_, doc) => {
      const it = textOf(doc, 'abcd')
      it.format(1, 2, { b: 1 })
      it.insert(1, 'x')
      it.insert(4, 'y')
      it.insert(2, 'z', { i: true })
      it.insert(0, 'o', { b: null })
      return it.toDelta() as unknown
    },
  },
  {
    title: 'a delta that begins past the end',
    run: (_, doc) => (textOf(doc).applyDelta([{ retain: 9 }, { insert: 'x' }]), doc.getText('text').toDelta()),
  },
  {
    title: 'a delta whose last newline is left out, and one whose is not',
    run: (_, doc) => {
      const [it, other] = [doc.getText('a'), doc.getText('b')]
      it.applyDelta([{ insert: 'a\n' }, { insert: '\n' }])
      other.applyDelta([{ insert: 'a\n' }, { insert: '\n' }], { sanitize: false })
      return [it.toDelta(), other.toDelta()]
    },
  },
  {
    title: 'a delta with an embedded type',
    run: (library, doc) => {
      const it = doc.getText('text')
      it.applyDelta([
        { insert: 'a' },
        { insert: new library.Array() },
        { insert: { image: 1 }, attributes: { b: true } },
      ])
      return [it.toDelta(), it.toJSON(), it.length]
    },
  },
  {
    title: 'an attribute of the name by which changes are told',
    run: (_, doc) => {
      const it = textOf(doc, 'ab')
      it.format(0, 1, { ychange: 1, b: 1 })
      it.insertEmbed(1, { image: 1 }, { ychange: 2 })
      it.insert(0, 'c', { ychange: null })
      return it.toDelta() as unknown
    },
  },
  { title: 'half a surrogate pair', run: (_, doc) => [textOf(doc, 'a\uD83D').toJSON(), doc.getText('text').length] },
  {
    title: 'halves of a pair, one after the other',
    run: (library, doc) => {
      const it = textOf(doc, '\uD83D')
      it.insert(1, '\uDE00')
      const copy = new library.Doc()
      library.applyUpdate(copy, library.encodeStateAsUpdate(doc))
      return [it.toJSON(), copy.getText('text').toJSON()]
    },
  },
  {
    title: 'attributes of a text',
    run: (_, doc) => {
      const it = textOf(doc)
      it.setAttribute('a', { b: 1 })
      it.setAttribute('c', null)
      it.removeAttribute('a')
      return [it.getAttribute('a'), it.getAttribute('c'), it.getAttributes(), it.getAttribute('none')]
    },
  },
  {
    title: 'deltas between snapshots',
    needs: ['snapshot'],
    run: (library, doc) => {
      doc.gc = false
      doc.clientID = 1
      const it = textOf(doc, 'one two')
      const before = library.snapshot(doc)
      it.delete(0, 4)
      it.format(0, 2, { bold: true })
      it.insert(3, '!')
      const after = library.snapshot(doc)
      const change = (type: string, id: { client: number; clock: number }): unknown => [type, id.client, id.clock]
      return [it.toDelta(before), it.toDelta(after, before), it.toDelta(after, before, change)]
    },
  },
]
