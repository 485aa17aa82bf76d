/**
 * One room on the page, from the moment it is opened until another takes its place: the room of the client, the editor on its
 * text, the peers, the status line. Whoever opens a session closes it.
 */
import type { Room, RoomStatus, Syncline } from 'syncline'
import { downloadFile, fileStem } from './file-download.ts'
import { openEditor, type Editor } from './editor.ts'
import type { Identity } from './identity.ts'
import type { Page } from './page.ts'
import { showPeers } from './peers-list.ts'
import { publishIdentity } from './presence.ts'
import { encodeRejectedEdits } from './rejected-edits.ts'

/** The text of a room: the name under which other Yjs editors find it too. */
const textName = 'body'

export interface SessionOptions {
  readonly sync: Syncline
  readonly page: Page
  readonly room: string
  readonly identity: Identity
  readonly onStatus: (status: RoomStatus) => void
}

export interface Session {
  readonly room: Room
  setIdentity(identity: Identity): void
  /** Puts the cursor into the text. */
  focus(): void
  /** Hands the text to the user as a file. */
  download(): void
  /** Hands over what the relay refused, as a file. Rejects as the client does when the device cannot be read. */
  exportRejected(): Promise<void>
  /** Waits until the room is closed. Idempotent. */
  close(): Promise<void>
}

/** Opens at once; the text appears when the room is loaded from this device. */
export function openSession({ sync, page, room: name, identity, onStatus }: SessionOptions): Session {
  const room = sync.room(name)
  const text = room.doc.getText(textName)
  const undo: (() => void)[] = []
  let editor: Editor | undefined
  let closing: Promise<void> | undefined

  publishIdentity(room.awareness, identity)
  undo.push(showPeers(page, room.awareness), room.subscribe(showStatus))
  showStatus(room.status)
  page.document.setAttribute('aria-busy', 'true')
  room.loaded.then(show, (error: unknown) => {
    // Closed before it was loaded: another room took the place. Else there is nothing to show, and the console is told.
    if (closing === undefined) console.error('The room could not be opened:', error)
  })

  function show(): void {
    if (closing !== undefined) return
    const opened = openEditor({ parent: page.document, text, awareness: room.awareness, label: `Text of ${name}` })
    editor = opened
    undo.push(() => opened.close())
    showStatus(room.status)
    page.document.setAttribute('aria-busy', 'false')
    if (isFinePointer()) editor.focus()
  }

  function showStatus(status: RoomStatus): void {
    editor?.setWritable(status.access !== 'read')
    onStatus(status)
  }

  return {
    room,
    focus: () => editor?.focus(),
    setIdentity: (next) => publishIdentity(room.awareness, next),
    download: () => downloadFile(`${fileStem(name)}.md`, text.toJSON(), 'text/markdown;charset=utf-8'),
    exportRejected: async () => {
      const edits = await room.exportRejected()
      downloadFile(`${fileStem(name)}.refused.json`, encodeRejectedEdits(edits), 'application/json')
    },
    close: () => {
      closing ??= closeSession()
      return closing
    },
  }

  async function closeSession(): Promise<void> {
    for (const step of undo.reverse()) step()
    await room.close()
  }
}

/** On a phone, focus would open the keyboard over a text that somebody may only want to read. */
function isFinePointer(): boolean {
  return matchMedia('(pointer: fine)').matches
}
