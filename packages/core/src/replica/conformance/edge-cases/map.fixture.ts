/** Maps: keys, size, iteration. */
import { thrown, type Case } from './case.fixture.ts'

export const mapCases: readonly Case[] = [
  {
    title: 'size, has, keys, entries, and what is deleted',
    run: (_, doc) => {
      const it = doc.getMap<unknown>('map')
      it.set('a', 1)
      it.set('b', undefined)
      it.set('c', null)
      it.delete('a')
      it.delete('none')
      return [
        it.size,
        it.has('a'),
        it.has('b'),
        it.get('b'),
        it.get('none'),
        [...it.keys()],
        [...it.values()],
        [...it.entries()],
        [...it],
      ]
    },
  },
  {
    title: 'callbacks, and clearing',
    run: (_, doc) => {
      const it = doc.getMap<unknown>('map')
      it.set('a', 1)
      const seen: unknown[] = []
      it.forEach((value, key, all) => seen.push([value, key, all === it]))
      it.clear()
      return [seen, it.size, it.toJSON()]
    },
  },
  { title: 'set gives the value', run: (_, doc) => doc.getMap('map').set('a', { b: 1 }) },
  {
    title: 'names of an object',
    run: (_, doc) => (
      doc.getMap('map').set('__proto__', 1),
      [doc.getMap('map').get('__proto__'), doc.getMap('map').has('toString')]
    ),
  },
  {
    title: 'made of entries, read before it is in a document',
    run: (library) => {
      const it = new library.Map<unknown>([['a', 1]])
      return [it.size, thrown(() => it.get('a')), [...it.keys()], it.toJSON()]
    },
  },
]
