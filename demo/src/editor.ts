/**
 * The text editor: CodeMirror for Markdown, bound to a `Y.Text` by y-codemirror.next. Undo takes back one's own edits only.
 * It knows nothing of rooms, devices or relays.
 */
import { defaultKeymap } from '@codemirror/commands'
import { markdown, markdownLanguage } from '@codemirror/lang-markdown'
import { syntaxHighlighting } from '@codemirror/language'
import { Compartment, EditorState, type Extension } from '@codemirror/state'
import { EditorView, highlightSpecialChars, keymap, placeholder } from '@codemirror/view'
import type { Awareness } from 'syncline'
import { yCollab, yUndoManagerKeymap } from 'y-codemirror.next'
import { UndoManager, type Text } from 'yjs'
import { markdownStyle } from './markdown-style.ts'
import { remoteCursors } from './remote-cursors.ts'

export interface EditorOptions {
  readonly parent: HTMLElement
  readonly text: Text
  readonly awareness: Awareness
  /** Names the editor to screen readers. */
  readonly label: string
}

export interface Editor {
  focus(): void
  /** Whether the user may change the text. Changes of others appear all the same. */
  setWritable(writable: boolean): void
  close(): void
}

/** An editor in `parent`, writable. Whoever opens it closes it. */
export function openEditor({ parent, text, awareness, label }: EditorOptions): Editor {
  const access = new Compartment()
  const undoManager = new UndoManager(text)
  const state = EditorState.create({
    doc: text.toJSON(),
    extensions: [
      // A line ends at `\n` alone. Else CodeMirror would count a peer's `\r\n` as one where Yjs counts two, and every position
      // after it would be wrong. So no `\r` is let in by pasting either.
      EditorState.lineSeparator.of('\n'),
      EditorView.clipboardInputFilter.of((pasted) => pasted.replaceAll(/\r\n?/g, '\n')),
      access.of(writableAs(true)),
      EditorView.lineWrapping,
      EditorView.contentAttributes.of({
        'aria-label': label,
        'data-testid': 'editor',
        // This is prose: let the browser and the phone's keyboard help, which CodeMirror switches off for code.
        spellcheck: 'true',
        autocorrect: 'on',
        autocapitalize: 'sentences',
      }),
      highlightSpecialChars(),
      placeholder('Start writing. Markdown works, and so does being offline.'),
      markdown({ base: markdownLanguage, completeHTMLTags: false }),
      syntaxHighlighting(markdownStyle),
      // Without its awareness, y-codemirror.next draws no cursors: remote-cursors.ts does.
      yCollab(text, null, { undoManager }),
      remoteCursors(text, awareness),
      keymap.of([...yUndoManagerKeymap, ...defaultKeymap]),
    ],
  })
  const view = new EditorView({ state, parent })
  let writable = true
  return {
    focus: () => view.focus(),
    setWritable: (next) => {
      if (next === writable) return
      writable = next
      view.dispatch({ effects: access.reconfigure(writableAs(writable)) })
    },
    close: () => {
      view.destroy()
      undoManager.destroy()
    },
  }
}

function writableAs(writable: boolean): Extension {
  return [EditorState.readOnly.of(!writable), EditorView.editable.of(writable)]
}
