/** A store as the y-websocket server makes it: by the published y-leveldb, which brings no types that can be found. */
// @ts-expect-error -- its package.json exports no types
import { LeveldbPersistence } from 'y-leveldb'

export interface YWebsocketStore {
  storeUpdate(document: string, update: Uint8Array): Promise<number>
  setMeta(document: string, key: string, value: unknown): Promise<void>
  /** Replaces all updates of a document by their merge. */
  flushDocument(document: string): Promise<void>
  destroy(): Promise<void>
}

/** Opens the store in `directory`, or makes it. */
export function openYWebsocketStore(directory: string): YWebsocketStore {
  const Store = LeveldbPersistence as new (location: string) => YWebsocketStore
  return new Store(directory)
}
