/** The text itself in IndexedDB, as one string, and no document at all: a page that shows something from there can hardly do less. */
import { get, set } from 'idb-keyval'
import { TEXT_PATH, visit } from './visit.ts'

const KEY = 'notes'

visit({
  async bring() {
    const response = await fetch(TEXT_PATH)
    await set(KEY, await response.text())
  },
  async read() {
    return (await get<string>(KEY)) ?? ''
  },
})
