/**
 * Where a page that goes away leaves the edits that the device store has not taken yet, in the very turn in which it is told. The store
 * cannot do that: a row gets its number from a head that has to be read first, and a page that is reloaded, left or closed lives
 * through no answer any more; what it began is undone. `localStorage` has no such answer to wait for.
 *
 * It makes no edit "stored": browsers write it to the disk when they please, and a page that crashes is told nothing. The next visit of any
 * page of the origin makes edits of what it finds, and forgets it once they are stored. To find the same twice is no harm.
 */
import { isUpdate } from './gathered-updates.ts'

/** What one page left of one room. */
export interface LastWords {
  /** Names them; whoever keeps something under the same key replaces it. */
  readonly key: string
  readonly room: string
  readonly update: Uint8Array
}

export interface LastWordsStore {
  /** Returns before anything else can happen, and never throws. Beyond the bounds of the place nothing is kept: it was unstored before. */
  keep(words: LastWords): void
  /** Unless something else is kept under the key by now: its page lives, and has said more. */
  forget(words: LastWords): void
  /** All that is kept, of whatever page, in no order. What is no update is left where it is, and not told of. */
  all(): readonly LastWords[]
}

/** The part of `localStorage` that is used. */
export type StringStore = Pick<Storage, 'length' | 'key' | 'getItem' | 'setItem' | 'removeItem'>

/** Bytes of an update that are worth a page's last moment. Browsers keep some 5 MiB of characters for an origin, the app's own included. */
export const LAST_WORDS_BYTES_MAX = 1_048_576

/** Last words in `localStorage`, beside the database of this name; `undefined` where there is none, or the browser forbids it. */
export function browserLastWords(name: string): LastWordsStore | undefined {
  try {
    const { localStorage: strings }: Partial<typeof globalThis> = globalThis
    return strings === undefined || strings === null ? undefined : new StringLastWords(strings, name)
  } catch {
    // Some browsers throw at the mere look, where storage is switched off.
    return undefined
  }
}

export class StringLastWords implements LastWordsStore {
  readonly #strings: StringStore
  readonly #prefix: string

  constructor(strings: StringStore, name: string) {
    this.#strings = strings
    this.#prefix = `syncline:${name}:unstored:`
  }

  keep(words: LastWords): void {
    if (words.update.length > LAST_WORDS_BYTES_MAX) return
    try {
      this.#strings.setItem(this.#prefix + words.key, encodeWords(words))
    } catch {
      // Full, or forbidden: the status has said all along that these edits are in memory.
    }
  }

  forget(words: LastWords): void {
    const name = this.#prefix + words.key
    try {
      if (this.#strings.getItem(name) === encodeWords(words)) this.#strings.removeItem(name)
    } catch {
      // Found again, and again no harm.
    }
  }

  all(): readonly LastWords[] {
    try {
      const names = Array.from({ length: this.#strings.length }, (_, index) => this.#strings.key(index))
      return names.flatMap((name) => {
        const value = name?.startsWith(this.#prefix) === true ? this.#strings.getItem(name) : null
        const words = value === null ? undefined : decodeWords(value)
        return words === undefined ? [] : [{ key: name!.slice(this.#prefix.length), ...words }]
      })
    } catch {
      return []
    }
  }
}

function encodeWords({ room, update }: LastWords): string {
  return JSON.stringify({ room, update: toText(update) })
}

function decodeWords(value: string): Omit<LastWords, 'key'> | undefined {
  try {
    const { room, update: text } = JSON.parse(value) as Readonly<Record<string, unknown>>
    if (typeof room !== 'string' || typeof text !== 'string') return undefined
    const update = fromText(text)
    return isUpdate(update) ? { room, update } : undefined
  } catch {
    return undefined
  }
}

function toText(bytes: Uint8Array): string {
  let characters = ''
  for (const byte of bytes) characters += String.fromCharCode(byte)
  return btoa(characters)
}

function fromText(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
}
