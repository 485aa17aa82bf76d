/**
 * The cursors and selections of the others, drawn into the editor; and ours, told to them. y-codemirror.next binds the text;
 * its own drawing of cursors is not used, since it puts what peers send into styles unchecked and shows names on hover only,
 * which a finger cannot do. The fields on the wire are the same.
 *
 * Positions are Yjs relative positions. They are looked up when a peer says something; between that, CodeMirror moves the
 * marks along with the text, which costs nothing per peer.
 */
import { StateEffect, type Extension, type Range } from '@codemirror/state'
import { Decoration, EditorView, ViewPlugin, WidgetType, type DecorationSet, type ViewUpdate } from '@codemirror/view'
import type { Awareness } from 'syncline'
import type { Text } from 'yjs'
import { inkOn } from './colour.ts'
import { cursorAt, resolvePosition } from './cursor-position.ts'
import { onPeers, readPeers, type Peer } from './presence.ts'

/** Draws the selections of the others in `text`, and publishes the editor's own. */
export function remoteCursors(text: Text, awareness: Awareness): Extension {
  return [
    ViewPlugin.define((view) => new RemoteCursors(view, text, awareness), { decorations: (cursors) => cursors.marks }),
    EditorView.updateListener.of((update) => {
      if (update.view.hasFocus && (update.selectionSet || update.focusChanged))
        publishCursor(update.view, text, awareness)
    }),
  ]
}

const peersChanged = StateEffect.define()

class RemoteCursors {
  marks: DecorationSet
  /** Some peer points at text that has not arrived yet: look again after the next change. */
  #waiting = false
  readonly #text: Text
  readonly #awareness: Awareness
  readonly #undo: () => void

  constructor(view: EditorView, text: Text, awareness: Awareness) {
    this.#text = text
    this.#awareness = awareness
    this.marks = this.#draw(view)
    this.#undo = onPeers(awareness, () => view.dispatch({ effects: peersChanged.of(null) }))
  }

  update(update: ViewUpdate): void {
    const news = update.transactions.some(({ effects }) => effects.some((effect) => effect.is(peersChanged)))
    if (news || (update.docChanged && this.#waiting)) this.marks = this.#draw(update.view)
    else if (update.docChanged) this.marks = this.marks.map(update.changes)
  }

  destroy(): void {
    this.#undo()
  }

  #draw(view: EditorView): DecorationSet {
    this.#waiting = false
    const marks: Range<Decoration>[] = []
    for (const peer of readPeers(this.#awareness.getStates(), this.#awareness.clientID)) {
      if (peer.cursor === undefined) continue
      const anchor = resolvePosition(peer.cursor.anchor, this.#text)
      const head = resolvePosition(peer.cursor.head, this.#text)
      if (anchor === undefined || head === undefined) this.#waiting = true
      // Within an update, the text may be ahead of the editor's own for a moment.
      else mark(peer, Math.min(anchor, view.state.doc.length), Math.min(head, view.state.doc.length), marks)
    }
    return Decoration.set(marks, true)
  }
}

function mark(peer: Peer, anchor: number, head: number, marks: Range<Decoration>[]): void {
  if (anchor !== head) {
    const attributes = { style: `--peer: ${peer.colour}` }
    const selection = Decoration.mark({ class: 'peer-selection', attributes })
    marks.push(selection.range(Math.min(anchor, head), Math.max(anchor, head)))
  }
  // Our own caret stays outside of the selection of others: theirs is drawn at its outer side.
  marks.push(Decoration.widget({ widget: new Caret(peer), side: head > anchor ? -1 : 1 }).range(head))
}

class Caret extends WidgetType {
  readonly #peer: Peer

  constructor(peer: Peer) {
    super()
    this.#peer = peer
  }

  override eq(other: Caret): boolean {
    // A peer that moved gets a new element: its label shows for a moment, then fades (editor.css) to uncover the text.
    return JSON.stringify(this.#peer) === JSON.stringify(other.#peer)
  }

  override toDOM(): HTMLElement {
    const caret = document.createElement('span')
    caret.className = 'peer-caret'
    caret.style.setProperty('--peer', this.#peer.colour)
    caret.style.setProperty('--peer-ink', inkOn(this.#peer.colour))
    // The list of peers names them to screen readers; within the text they would be noise.
    caret.setAttribute('aria-hidden', 'true')
    const label = document.createElement('span')
    label.className = 'peer-label'
    label.textContent = this.#peer.name
    caret.append(label)
    return caret
  }

  override ignoreEvent(): boolean {
    return true
  }
}

/** Tells the others where we are, if that changed. Keeps the last place when the editor loses focus: we are still here. */
function publishCursor(view: EditorView, text: Text, awareness: Awareness): void {
  const { anchor, head } = view.state.selection.main
  const cursor = cursorAt(text, anchor, head)
  const before: unknown = awareness.getLocalState()?.['cursor']
  if (JSON.stringify(before) !== JSON.stringify(cursor)) awareness.setLocalStateField('cursor', cursor)
}
