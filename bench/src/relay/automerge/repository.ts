/** Clients of automerge-repo, as its documentation tells an app to make them, and the documents that they find. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Repo, type AnyDocumentId, type DocHandle } from '@automerge/automerge-repo'
import { WebSocketClientAdapter } from '@automerge/automerge-repo-network-websocket'

/** What documents hold. */
export interface Notes {
  text: string
}

/** A client, with a connection of its own; resolves when that is there. */
export async function connectRepository(url: string): Promise<{ repo: Repo; adapter: WebSocketClientAdapter }> {
  const adapter = new WebSocketClientAdapter(url)
  const repo = new Repo({ network: [adapter] })
  await adapter.whenReady()
  return { repo, adapter }
}

const FOUND_WITHIN_MS = 60_000
const LOOK_EVERY_MS = 20

/** Asks until the document is there: the server knows it only when it has got it from who made it, and the library cannot tell when that is. */
export async function found(repo: Repo, name: AnyDocumentId): Promise<DocHandle<Notes>> {
  for (const start = performance.now(); ; await sleep(LOOK_EVERY_MS)) {
    try {
      const handle = await repo.find<Notes>(name)
      if (handle.doc().text !== undefined) return handle
    } catch (error) {
      if (performance.now() - start > FOUND_WITHIN_MS) throw error
    }
  }
}
