/** The published y-codemirror.next: editors on the replica, beside one on Yjs itself. */
import { EditorState } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { afterEach, expect, test } from 'vitest'
import { yCollab } from 'y-codemirror.next'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import * as Published from 'yjs/src/index.js'
import { link, meet, publishedDoc } from './linked-documents.fixture.ts'

const opened: { destroy: () => void }[] = []

afterEach(() => {
  for (const view of opened.splice(0)) view.destroy()
})

interface Editor {
  readonly view: EditorView
  readonly awareness: Awareness
  readonly undoManager: Y.UndoManager
}

function openEditor(doc: Y.Doc): Editor {
  const text = doc.getText('text')
  const undoManager = new Y.UndoManager(text, { captureTimeout: 0 })
  const awareness = new Awareness(doc)
  const state = EditorState.create({ doc: text.toJSON(), extensions: [yCollab(text, awareness, { undoManager })] })
  const parent = document.body.appendChild(document.createElement('div'))
  const view = new EditorView({ state, parent })
  opened.push(view, awareness, { destroy: () => parent.remove() })
  return { view, awareness, undoManager }
}

const shown = ({ view }: Editor): string => view.state.doc.toString()

function type({ view }: Editor, from: number, insert: string, to = from): void {
  view.dispatch({ changes: { from, to, insert } })
}

test('what is typed into an editor is in the document, and in the other editor', () => {
  const [ours, published] = [new Y.Doc(), publishedDoc()]
  link(ours, published)
  const editor = openEditor(ours)
  const text = published.getText('text')
  type(editor, 0, 'Hello \u{1F600}\nworld')
  expect(text.toJSON()).toBe('Hello \u{1F600}\nworld')
  text.insert(5, ', dear')
  expect(shown(editor)).toBe('Hello, dear \u{1F600}\nworld')
  type(editor, 0, 'Bye', 5)
  text.delete(3, 6)
  expect(shown(editor)).toBe('Bye \u{1F600}\nworld')
  expect(text.toJSON()).toBe('Bye \u{1F600}\nworld')
  // What one may undo, one keeps, so that the states are not the same bytes.
  expect(Y.encodeStateVector(ours)).toEqual(Published.encodeStateVector(published))
})

test('edits made apart meet in both editors', () => {
  const [ours, published] = [new Y.Doc(), publishedDoc()]
  const state = link(ours, published)
  const editor = openEditor(ours)
  const text = published.getText('text')
  type(editor, 0, 'one two three')
  state.together = false
  type(editor, 4, 'II', 7)
  text.insert(13, ' four')
  text.format(0, 3, { bold: true })
  meet(ours, published, state)
  expect(shown(editor)).toBe('one II three four')
  expect(text.toJSON()).toBe('one II three four')
})

test('undo and redo take back own edits alone', () => {
  const [ours, published] = [new Y.Doc(), publishedDoc()]
  link(ours, published)
  const editor = openEditor(ours)
  type(editor, 0, 'mine ')
  published.getText('text').insert(5, 'yours ')
  type(editor, 11, 'mine too')
  expect(editor.undoManager.undo()).not.toBeNull()
  expect(shown(editor)).toBe('mine yours ')
  expect(editor.undoManager.undo()).not.toBeNull()
  expect(shown(editor)).toBe('yours ')
  expect(editor.undoManager.undo()).toBeNull()
  editor.undoManager.redo()
  editor.undoManager.redo()
  expect(shown(editor)).toBe('mine yours mine too')
  expect(published.getText('text').toJSON()).toBe('mine yours mine too')
})

test('a selection is a relative position: it stays with its characters, and is shown to others', async () => {
  const doc = new Y.Doc()
  const [ada, ben] = [openEditor(doc), openEditor(doc)]
  type(ada, 0, 'first second')
  ada.view.focus()
  ada.awareness.setLocalStateField('user', { name: 'Ada', color: '#aa0000' })
  ada.view.dispatch({ selection: { anchor: 6, head: 12 } })
  await expect.poll(() => (ada.awareness.getLocalState() as { cursor?: unknown } | null)?.cursor).toBeTruthy()
  type(ben, 0, 'zeroth ')
  const { main } = ada.view.state.selection
  expect([main.anchor, main.head]).toEqual([13, 19])
  const { cursor } = ada.awareness.getLocalState() as { cursor: { anchor: object; head: object } }
  const [anchor, head] = [cursor.anchor, cursor.head].map(
    (json) => Y.createAbsolutePositionFromRelativePosition(Y.createRelativePositionFromJSON(json), doc)?.index,
  )
  expect([anchor, head]).toEqual([13, 19])
  ben.awareness.states.set(4711, ada.awareness.getLocalState()!)
  ben.awareness.emit('change', [{ added: [4711], updated: [], removed: [] }, 'local'])
  ben.view.dispatch({})
  await expect.poll(() => ben.view.dom.querySelector('.cm-ySelectionInfo')?.textContent).toBe('Ada')
})
