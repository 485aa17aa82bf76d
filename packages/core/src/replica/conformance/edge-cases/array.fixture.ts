/** Arrays: positions, slices, values that are none, iteration. */
import { arrayOf, thrown, type Case } from './case.fixture.ts'

export const arrayCases: readonly Case[] = [
  { title: 'insert past the end', run: (_, doc) => arrayOf(doc, 1).insert(2, [2]) },
  { title: 'insert at a negative index', run: (_, doc) => (arrayOf(doc, 1).insert(-1, [2]), doc.getArray('array')) },
  { title: 'insert nothing', run: (_, doc) => (arrayOf(doc, 1).insert(0, []), doc.getArray('array')) },
  { title: 'delete past the end', run: (_, doc) => arrayOf(doc, 1, 2).delete(1, 2) },
  {
    title: 'what is left after deleting past the end',
    run: (_, doc) => [thrown(() => arrayOf(doc, 1, 2).delete(1, 2)), doc.getArray('array')],
  },
  { title: 'delete nothing past the end', run: (_, doc) => (arrayOf(doc, 1).delete(5, 0), doc.getArray('array')) },
  { title: 'delete at a negative index', run: (_, doc) => (arrayOf(doc, 1, 2).delete(-1, 1), doc.getArray('array')) },
  { title: 'delete without a length', run: (_, doc) => (arrayOf(doc, 1, 2, 3).delete(1), doc.getArray('array')) },
  {
    title: 'get past the end, and before the start',
    run: (_, doc) => [arrayOf(doc, 1).get(1), doc.getArray('array').get(-1)],
  },
  {
    title: 'slices',
    run: (_, doc) => {
      const it = arrayOf(doc, 1, 2, 3, 4)
      return [it.slice(), it.slice(1), it.slice(-2), it.slice(1, -1), it.slice(2, 2), it.slice(1, 3)]
    },
  },
  { title: 'a slice past the end', run: (_, doc) => arrayOf(doc, 1, 2).slice(1, 9) },
  { title: 'undefined', run: (_, doc) => [arrayOf(doc, undefined, null).toArray(), doc.getArray('array').toJSON()] },
  { title: 'a function', run: (_, doc) => arrayOf(doc, () => 1) },
  { title: 'a symbol', run: (_, doc) => arrayOf(doc, Symbol('s')) },
  { title: 'a date', run: (_, doc) => arrayOf(doc, new Date(0)) },
  { title: 'an instance of a class', run: (_, doc) => arrayOf(doc, Object.create({ own: 1 })) },
  { title: 'an ArrayBuffer', run: (_, doc) => arrayOf(doc, new ArrayBuffer(2)).toArray() },
  { title: 'a boxed number', run: (_, doc) => arrayOf(doc, Object(1)).toArray() },
  { title: 'a big integer', run: (_, doc) => arrayOf(doc, 12n).toArray() },
  {
    title: 'iterators and callbacks',
    run: (_, doc) => {
      const it = arrayOf(doc, 'a', 'b')
      const seen: unknown[] = []
      it.forEach((value, at, all) => seen.push([value, at, all === it]))
      return [seen, it.map((value, at) => [value, at]), [...it], it.toArray(), it.length]
    },
  },
  {
    title: 'what is changed while it is walked',
    run: (_, doc) => {
      const it = arrayOf(doc, 1, 2, 3)
      const seen: unknown[] = []
      for (const value of it) {
        seen.push(value)
        if (value === 2) it.delete(2, 1)
      }
      return [seen, it]
    },
  },
  {
    title: 'a type that is in the document already',
    run: (library, doc) => {
      const inner = new library.Array()
      arrayOf(doc, inner)
      doc.getArray('array').push([inner])
    },
  },
  { title: 'from values', run: (library) => [library.Array.from([1, 'a']).length] },
]
