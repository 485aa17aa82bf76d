/** The published y-prosemirror: editors on the replica, beside a document of Yjs itself. */
import { schema } from 'prosemirror-schema-basic'
import { EditorState, TextSelection } from 'prosemirror-state'
import { EditorView } from 'prosemirror-view'
import { afterEach, expect, test } from 'vitest'
import {
  initProseMirrorDoc,
  redo,
  undo,
  yCursorPlugin,
  ySyncPlugin,
  yUndoPlugin,
  yXmlFragmentToProseMirrorRootNode,
} from 'y-prosemirror'
import { Awareness } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { link, publishedDoc, statesOf } from './linked-documents.fixture.ts'

const opened: { destroy: () => void }[] = []

afterEach(async () => {
  // The plugins dispatch what they have put off, and do not stop when their view is destroyed.
  await new Promise((resolve) => setTimeout(resolve, 0))
  for (const it of opened.splice(0)) it.destroy()
})

interface Editor {
  readonly view: EditorView
  readonly awareness: Awareness
}

function openEditor(doc: Y.Doc): Editor {
  const fragment = doc.getXmlFragment('prosemirror')
  const awareness = new Awareness(doc)
  const { doc: initial, mapping } = initProseMirrorDoc(fragment, schema)
  const state = EditorState.create({
    doc: initial,
    schema,
    plugins: [ySyncPlugin(fragment, { mapping }), yCursorPlugin(awareness), yUndoPlugin()],
  })
  const mount = document.body.appendChild(document.createElement('div'))
  const view = new EditorView(mount, { state })
  opened.push(view, awareness, { destroy: () => mount.remove() })
  return { view, awareness }
}

const shown = ({ view }: Editor): string => view.dom.innerText.replaceAll(/\n+/g, '|')

function paragraph(text: string): Y.XmlElement {
  const element = new Y.XmlElement('paragraph')
  element.insert(0, [new Y.XmlText(text)])
  return element
}

function written(): [Y.Doc, Y.Doc] {
  const [ours, published] = [new Y.Doc(), publishedDoc()]
  link(ours, published)
  ours.getXmlFragment('prosemirror').insert(0, [paragraph('one two'), paragraph('three')])
  return [ours, published]
}

test('an editor shows the document, and what is typed is in it', () => {
  const [ours, published] = written()
  const editor = openEditor(ours)
  expect(shown(editor)).toBe('one two|three')
  editor.view.dispatch(editor.view.state.tr.insertText('zero ', 1))
  expect(published.getXmlFragment('prosemirror').toJSON()).toBe(
    '<paragraph>zero one two</paragraph><paragraph>three</paragraph>',
  )
  const [a, b] = statesOf(ours, published)
  expect(a).toEqual(b)
})

test('what another writes appears in the editor', () => {
  const [ours, published] = written()
  const editor = openEditor(ours)
  const first = published.getXmlFragment('prosemirror').get(0) as Y.XmlElement
  const text = first.get(0) as Y.XmlText
  text.insert(3, '!')
  text.format(0, 3, { strong: {} })
  expect(shown(editor)).toBe('one! two|three')
  expect(editor.view.dom.querySelector('strong')?.textContent).toBe('one')
  published.getXmlFragment('prosemirror').delete(1, 1)
  expect(shown(editor)).toBe('one! two')
})

test('marks, splits and attributes of nodes travel, and come back equal', () => {
  const [ours, published] = written()
  const editor = openEditor(ours)
  const { view } = editor
  view.dispatch(view.state.tr.addMark(1, 4, schema.marks.strong.create()))
  view.dispatch(view.state.tr.split(4))
  view.dispatch(view.state.tr.setBlockType(1, 3, schema.nodes.heading, { level: 2 }))
  expect(yXmlFragmentToProseMirrorRootNode(ours.getXmlFragment('prosemirror'), schema).toJSON()).toEqual(
    view.state.doc.toJSON(),
  )
  expect(published.getXmlFragment('prosemirror').toJSON()).toBe(ours.getXmlFragment('prosemirror').toJSON())
  const other = openEditor(ours)
  expect(other.view.state.doc.toJSON()).toEqual(view.state.doc.toJSON())
})

test('undo takes back own edits, redo brings them back', () => {
  const [ours, published] = written()
  const editor = openEditor(ours)
  const { view } = editor
  view.dispatch(view.state.tr.insertText('mine ', 1))
  const second = published.getXmlFragment('prosemirror').get(1) as Y.XmlElement
  ;(second.get(0) as Y.XmlText).insert(0, 'yours ')
  undo(view.state)
  expect(shown(editor)).toBe('one two|yours three')
  redo(view.state)
  expect(shown(editor)).toBe('mine one two|yours three')
})

test('a selection stays with its characters, and others see it', async () => {
  const [ours, published] = written()
  const editor = openEditor(ours)
  const { view } = editor
  view.focus()
  view.dispatch(view.state.tr.setSelection(TextSelection.create(view.state.doc, 5, 8)))
  const first = published.getXmlFragment('prosemirror').get(0) as Y.XmlElement
  ;(first.get(0) as Y.XmlText).insert(0, 'zero ')
  const { from, to } = view.state.selection
  expect(view.state.doc.textBetween(from, to)).toBe('two')
  await expect.poll(() => (editor.awareness.getLocalState() as { cursor?: unknown } | null)?.cursor).toBeTruthy()
})
