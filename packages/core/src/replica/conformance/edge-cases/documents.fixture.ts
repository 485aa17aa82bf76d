/** Documents: roots, options, transactions, events, subdocuments. */
import type * as Y from 'yjs'
import { arrayOf, textOf, thrown, type Case } from './case.fixture.ts'

export const documentCases: readonly Case[] = [
  {
    title: 'a root without a kind becomes the kind that is asked for',
    run: (library, doc) => {
      const other = new library.Doc()
      other.getText('it').insert(0, 'text')
      other.getMap('map').set('k', 1)
      library.applyUpdate(doc, library.encodeStateAsUpdate(other))
      const before = [...doc.share.keys()].sort()
      const untyped = doc.get('it')
      const typed = doc.getText('it')
      return [
        before,
        untyped === (typed as unknown),
        typed.toJSON(),
        doc.get('it') === (typed as unknown),
        doc.getMap('map').get('k'),
        doc.toJSON(),
      ]
    },
  },
  { title: 'a root of another kind', run: (_, doc) => (doc.getText('it'), doc.getArray('it')) },
  { title: 'the same root twice', run: (_, doc) => doc.getMap('m') === doc.getMap('m') },
  { title: 'roots without a name', run: (_, doc) => [doc.getText().length, [...doc.share.keys()]] },
  { title: 'a root element', run: (_, doc) => [doc.getXmlElement('x').nodeName, doc.getXmlElement('x').toJSON()] },
  {
    title: 'options and their defaults',
    run: (library) => {
      const plain = new library.Doc({ guid: 'g' })
      const set = new library.Doc({
        guid: 'h',
        collectionid: 'c',
        gc: false,
        meta: { a: 1 },
        autoLoad: true,
        shouldLoad: false,
      })
      return [plain, set].map((it) => [
        it.guid,
        it.collectionid,
        it.gc,
        it.meta,
        it.autoLoad,
        it.shouldLoad,
        it.isLoaded,
        it.isSynced,
        it.isDestroyed,
      ])
    },
  },
  {
    title: 'client IDs are integers of 32 bits, and differ',
    run: (library, doc) => [doc.clientID >>> 0 === doc.clientID, new library.Doc().clientID === doc.clientID],
  },
  {
    title: 'a client ID may be changed',
    run: (library, doc) => (
      (doc.clientID = 5),
      textOf(doc),
      (doc.clientID = 6),
      doc.getText('text').insert(1, 'x'),
      [...library.decodeStateVector(library.encodeStateVector(doc)).keys()].sort((a, b) => a - b)
    ),
  },
  {
    title: 'what transact gives back, and nested transactions',
    run: (_, doc) => {
      const told: unknown[] = []
      doc.on('update', (__, source) => told.push(source))
      const result = doc.transact((outer) => {
        const inner = doc.transact((it) => it === outer, 'inner')
        doc.getText('text').insert(0, 'a')
        return [inner, outer.origin, outer.local]
      }, 'outer')
      return [result, told]
    },
  },
  {
    title: 'an error in a transaction',
    run: (library, doc) => {
      const told: unknown[] = []
      doc.on('update', () => told.push('update'))
      const failed = thrown(() =>
        doc.transact(() => {
          doc.getText('text').insert(0, 'kept')
          throw new Error('own')
        }),
      )
      return [failed, told, doc.getText('text').toJSON(), library.encodeStateAsUpdate(doc).length > 2]
    },
  },
  {
    title: 'an error in an observer is thrown when all were called',
    run: (_, doc) => {
      const told: unknown[] = []
      doc.getText('text').observe(() => {
        told.push('first')
        throw new Error('own')
      })
      doc.getText('text').observe(() => told.push('second'))
      doc.on('afterTransaction', () => told.push('after'))
      doc.on('update', () => told.push('update'))
      const failed = thrown(() => doc.getText('text').insert(0, 'a'))
      doc.getMap('map').set('k', 1)
      return [failed, told, doc.getText('text').toJSON()]
    },
  },
  {
    title: 'an observer that leaves while it is called, and one that was never there',
    run: (_, doc) => {
      const it = doc.getArray('array')
      const told: unknown[] = []
      const once = (): void => {
        told.push('once')
        it.unobserve(once)
      }
      it.observe(once)
      it.observe(() => told.push('other'))
      it.push([1])
      it.push([2])
      it.unobserve(() => {})
      it.unobserveDeep(() => {})
      return told
    },
  },
  {
    title: 'observers of a type that is deleted are not called',
    run: (library, doc) => {
      const inner = new library.Map()
      arrayOf(doc, inner)
      const told: unknown[] = []
      inner.observe(() => told.push('inner'))
      doc.getArray('array').observe((event) => told.push(['outer', event.changes.deleted.size]))
      doc.transact(() => {
        inner.set('k', 1)
        doc.getArray('array').delete(0, 1)
      })
      return told
    },
  },
  {
    title: 'a type that is deleted',
    run: (library, doc) => {
      const inner = library.Array.from([1])
      arrayOf(doc, inner)
      doc.getArray('array').delete(0)
      return [inner.length, inner.toArray(), inner.toJSON(), inner.doc === doc, doc.getArray('array').length]
    },
  },
  {
    title: 'an event that is read too late',
    run: (_, doc) => {
      let kept: Y.YEvent<Y.Array<unknown>> | null = null
      doc.getArray('array').observe((event) => (kept = event))
      doc.getArray('array').push([1])
      return [thrown(() => kept!.changes), thrown(() => kept!.keys), thrown(() => kept!.delta)]
    },
  },
  {
    title: 'events of nested changes, their paths and targets',
    run: (library, doc) => {
      const inner = new library.Map<unknown>()
      arrayOf(doc, 0, inner)
      inner.set('deep', new library.Text('a'))
      const told: unknown[] = []
      doc.getArray('array').observeDeep((events) => {
        for (const { path, target, currentTarget } of events)
          told.push([path, target === inner, currentTarget === (doc.getArray('array') as unknown)])
      })
      doc.transact(() => {
        ;(inner.get('deep') as Y.Text).insert(0, 'x')
        inner.set('k', 1)
        doc.getArray('array').insert(0, [9])
      })
      return told
    },
  },
  {
    title: 'on, once and off',
    run: (_, doc) => {
      const told: unknown[] = []
      const on = (): void => void told.push('on')
      doc.on('update', on)
      doc.once('update', () => void told.push('once'))
      textOf(doc)
      doc.off('update', on)
      textOf(doc)
      return told
    },
  },
  {
    title: 'a document that is destroyed',
    run: (_, doc) => {
      const told: unknown[] = []
      doc.on('destroy', () => told.push('destroy'))
      doc.on('update', () => told.push('update'))
      doc.destroy()
      textOf(doc)
      doc.destroy()
      return [told, doc.isDestroyed, doc.getText('text').toJSON()]
    },
  },
  {
    title: 'subdocuments: loading, removing and destroying',
    run: (library, doc) => {
      doc.clientID = 4
      const told: unknown[] = []
      const names = (docs: ReadonlySet<Y.Doc>): string[] => Array.from(docs, ({ guid }) => guid)
      doc.on('subdocs', ({ added, loaded, removed }) => told.push([names(added), names(loaded), names(removed)]))
      const map = doc.getMap<Y.Doc>('map')
      const sub = new library.Doc({ guid: 'sub' })
      map.set('sub', sub)
      map.set('auto', new library.Doc({ guid: 'auto', autoLoad: true }))
      const given = map.get('sub')!
      const state = [given === sub, given.shouldLoad, given.clientID === doc.clientID]
      given.load()
      given.destroy()
      const again = map.get('sub')!
      state.push(again === sub, again.isDestroyed, given.isDestroyed)
      map.delete('sub')
      const copy = new library.Doc()
      copy.on('subdocs', ({ added, loaded, removed }) =>
        told.push(['copy', names(added), names(loaded), names(removed)]),
      )
      library.applyUpdate(copy, library.encodeStateAsUpdate(doc))
      return [told, state, [...doc.getSubdocGuids()].sort(), names(copy.getSubdocs())]
    },
  },
  {
    title: 'a subdocument in two places',
    run: (library, doc) => {
      const sub = new library.Doc({ guid: 'sub' })
      doc.getMap('map').set('a', sub)
      doc.getMap('map').set('b', sub)
    },
  },
  {
    title: 'what is deleted and what is kept, by gcFilter',
    run: (library) => {
      const doc = new library.Doc({ gcFilter: () => false })
      doc.clientID = 1
      textOf(doc).delete(0, 2)
      return library.encodeStateAsUpdate(doc)
    },
  },
  {
    title: 'what gcFilter is asked of, where text that continues other text is deleted with a part of that',
    run: (library) => {
      const asked: unknown[] = []
      const doc = new library.Doc({ gcFilter: ({ id, length }) => (asked.push([id.clock, length]), length > 1) })
      doc.clientID = 1
      textOf(doc, 'abc')
      doc.transact(() => {
        doc.getText('text').insert(3, 'd')
        doc.getText('text').delete(1, 3)
      })
      const other = new library.Doc()
      other.clientID = 2
      textOf(other, 'abc')
      const before = library.encodeStateVector(other)
      library.applyUpdate(doc, library.encodeStateAsUpdate(other))
      other.getText('text').insert(3, 'd')
      other.getText('text').delete(1, 3)
      library.applyUpdate(doc, library.encodeStateAsUpdate(other, before))
      return [asked, library.encodeStateAsUpdate(doc)]
    },
  },
  {
    title: 'the parents of what changed, where one observer deletes what another is told of',
    run: (library, doc) => {
      const told: unknown[] = []
      const inner = [0, 1].map(() => new library.Map([['k', 1]]))
      doc.getArray('array').push(inner)
      const [one, other] = inner as [Y.Map<unknown>, Y.Map<unknown>]
      one.observe(() => doc.getArray('array').delete(0, 2))
      other.observe(() => told.push('other'))
      doc.on('afterTransaction', ({ changedParentTypes }) => {
        told.push(
          [...changedParentTypes].map(([type, events]) => [
            (type as unknown) === one,
            (type as unknown) === other,
            events.length,
          ]),
        )
      })
      // The second is gone when its turn comes; the first was told.
      doc.transact(() => {
        one.set('k', 2)
        other.set('k', 2)
      })
      return told
    },
  },
]
