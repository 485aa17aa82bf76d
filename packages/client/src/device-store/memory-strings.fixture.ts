/** What `localStorage` is, in memory: with as many characters in a value as a test says. */
import type { StringStore } from './last-words.ts'

export class MemoryStrings implements StringStore {
  readonly values = new Map<string, string>()
  charactersMax = 10_000

  get length(): number {
    return this.values.size
  }

  key(index: number): string | null {
    return [...this.values.keys()][index] ?? null
  }

  getItem(key: string): string | null {
    return this.values.get(key) ?? null
  }

  setItem(key: string, value: string): void {
    if (value.length > this.charactersMax) throw new DOMException('full', 'QuotaExceededError')
    this.values.set(key, value)
  }

  removeItem(key: string): void {
    this.values.delete(key)
  }
}
