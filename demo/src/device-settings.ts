/**
 * Small values that this device remembers for the demo itself: who you are, which rooms you were in. Documents are not among
 * them, those are the client's. Where the browser keeps nothing (private mode, storage switched off), a value lives as long
 * as the page; the document's own status line tells the user what that means for the text.
 */

/** What is kept under one key. `parse` gets whatever was found, `undefined` if nothing was, and always answers with a value. */
export interface Setting<Value> {
  read(): Value
  write(value: Value): void
}

/** The two verbs used of `Storage`. */
export interface SettingStorage {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
}

/** `storage` is a function since even to touch `window.localStorage` may throw. */
export function deviceSetting<Value>(
  storage: () => SettingStorage,
  key: string,
  parse: (found: unknown) => Value,
): Setting<Value> {
  let unkept: { readonly value: Value } | undefined
  return {
    read() {
      return unkept === undefined ? parse(readJson(storage, key)) : unkept.value
    },
    write(value) {
      try {
        storage().setItem(key, JSON.stringify(value))
        unkept = undefined
      } catch {
        // Storage is off or full: the page remembers instead. Losing a name or a list of links is all that it costs.
        unkept = { value }
      }
    },
  }
}

function readJson(storage: () => SettingStorage, key: string): unknown {
  try {
    const text = storage().getItem(key)
    return text === null ? undefined : JSON.parse(text)
  } catch {
    // Storage is off, or holds what another version or a curious user wrote: the same as nothing.
    return undefined
  }
}
