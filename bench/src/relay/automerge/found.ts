/** Documents of automerge-repo that somebody else has made. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { AnyDocumentId, DocHandle, Repo } from '@automerge/automerge-repo'

/** What documents hold. */
export interface Notes {
  text: string
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
