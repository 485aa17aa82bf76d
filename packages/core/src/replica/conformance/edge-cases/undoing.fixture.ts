/** What is undone: steps, scopes, sources, filters. */
import { textOf, type Case } from './case.fixture.ts'

export const undoCases: readonly Case[] = [
  {
    title: 'edits in quick succession are one step, until capturing stops',
    needs: ['UndoManager'],
    run: (library, doc) => {
      const it = doc.getText('text')
      const undo = new library.UndoManager(it, { captureTimeout: 1e9 })
      it.insert(0, 'a')
      it.insert(1, 'b')
      undo.stopCapturing()
      it.insert(2, 'c')
      const steps = undo.undoStack.length
      undo.undo()
      const once = it.toJSON()
      undo.undo()
      return [steps, once, it.toJSON(), undo.undo() === null, undo.canRedo(), undo.canUndo()]
    },
  },
  {
    title: 'only tracked sources, only the scope, only what the filters let through',
    needs: ['UndoManager'],
    run: (library, doc) => {
      const [it, other] = [doc.getText('text'), doc.getArray('array')]
      const undo = new library.UndoManager(it, {
        captureTimeout: 0,
        trackedOrigins: new Set(['mine']),
        captureTransaction: ({ meta }) => !meta.has('quiet'),
        deleteFilter: (item) => item.length < 3,
      })
      doc.transact(() => it.insert(0, 'long enough'), 'mine')
      doc.transact(() => it.insert(0, 'x'), 'mine')
      it.insert(0, 'untracked ')
      doc.transact(() => other.push([1]), 'mine')
      doc.transact((transaction) => (transaction.meta.set('quiet', true), it.insert(0, 'quiet ')), 'mine')
      const steps = undo.undoStack.length
      undo.undo()
      undo.undo()
      undo.addToScope(other as never)
      undo.addTrackedOrigin('yours')
      doc.transact(() => other.push([2]), 'yours')
      undo.undo()
      return [steps, it.toJSON(), other]
    },
  },
  {
    title: 'a key that another set meanwhile',
    needs: ['UndoManager'],
    run: (library, doc) => {
      const run = (ignoreRemoteMapChanges: boolean): unknown => {
        const mine = new library.Doc()
        mine.clientID = 1
        const it = mine.getMap('map')
        const undo = new library.UndoManager(it, { captureTimeout: 0, ignoreRemoteMapChanges })
        it.set('k', 'mine')
        it.set('k', 'mine too')
        const theirs = new library.Doc()
        theirs.clientID = 2
        library.applyUpdate(theirs, library.encodeStateAsUpdate(mine))
        theirs.getMap('map').set('k', 'theirs')
        library.applyUpdate(mine, library.encodeStateAsUpdate(theirs))
        undo.undo()
        return it.toJSON()
      }
      doc.destroy()
      return [run(false), run(true)]
    },
  },
  {
    title: 'a whole document as the scope',
    needs: ['UndoManager'],
    run: (library, doc) => {
      const undo = new library.UndoManager(doc, { captureTimeout: 0 })
      doc.getMap('map').set('k', 1)
      doc.getXmlFragment('xml').push([new library.XmlElement('p')])
      undo.undo()
      undo.undo()
      return doc.toJSON()
    },
  },
  {
    title: 'what is thrown away when it is destroyed',
    needs: ['UndoManager'],
    run: (library, doc) => {
      const undo = new library.UndoManager(doc.getText('text'))
      undo.destroy()
      textOf(doc)
      return undo.undoStack.length
    },
  },
  {
    title: 'what came back is cut where the rest of what is known in part was written',
    needs: ['UndoManager'],
    run: (library, doc) => {
      const author = new library.Doc()
      author.clientID = 2
      author.getText('text').insert(0, 'a')
      const one = library.encodeStateVector(author)
      author.getText('text').insert(1, 'b')
      library.applyUpdate(doc, library.encodeStateAsUpdate(author))
      doc.clientID = 1
      const undo = new library.UndoManager(doc.getText('text'), { captureTimeout: 0 })
      doc.getText('text').delete(0, 2)
      undo.undo()
      author.getText('text').insert(2, 'c')
      library.applyUpdate(doc, library.encodeStateAsUpdate(author, one))
      return [doc.getText('text').toJSON(), library.encodeStateAsUpdate(doc)]
    },
  },
]
