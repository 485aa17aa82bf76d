/**
 * The client of automerge-repo, which has documents of Automerge. It sends what was changed within 100 ms in one message, and a document's name is
 * made by the library.
 */
import { splice } from '@automerge/automerge'
import type { Repo, AnyDocumentId, DocHandle } from '@automerge/automerge-repo'
import type { WebSocketClientAdapter } from '@automerge/automerge-repo-network-websocket'
import { connectRepository, found, type Notes } from '../../relay/automerge/repository.ts'
import type { Library, SharedText } from '../library.ts'

export const library: Library = {
  async open({ url, room, first, document }) {
    const { repo, adapter } = await connectRepository(url)
    const handle = first ? made(repo, document) : await found(repo, room as AnyDocumentId)
    return new AutomergeText(repo, adapter, handle)
  },
}

function made(repo: Repo, document: Uint8Array | undefined): DocHandle<Notes> {
  return document === undefined ? repo.create<Notes>({ text: '' }) : repo.import<Notes>(document)
}

class AutomergeText implements SharedText {
  readonly #repo: Repo
  readonly #adapter: WebSocketClientAdapter
  readonly #handle: DocHandle<Notes>
  onChange: () => void = () => {}

  constructor(repo: Repo, adapter: WebSocketClientAdapter, handle: DocHandle<Notes>) {
    this.#repo = repo
    this.#adapter = adapter
    this.#handle = handle
    handle.on('change', () => this.onChange())
  }

  get room(): string {
    return this.#handle.url
  }

  get length(): number {
    return this.text().length
  }

  text(): string {
    return this.#handle.doc().text
  }

  edit(position: number, deleted: number, inserted: string): void {
    this.#handle.change((draft) => splice(draft, ['text'], position, deleted, inserted))
  }

  goOffline(): void {
    this.#adapter.disconnect()
  }

  goOnline(): void {
    this.#adapter.connect(this.#repo.peerId, this.#adapter.peerMetadata)
  }

  async close(): Promise<void> {
    this.#adapter.disconnect()
  }
}
