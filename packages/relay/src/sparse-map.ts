/**
 * A map that is mostly empty, and then takes next to nothing: an empty `Map` takes 180 bytes, and an idle room would have
 * nine of them. Once it has held something, it stays a map: what is used is used again.
 */
export class SparseMap<Key, Value> implements Iterable<[Key, Value]> {
  #map: Map<Key, Value> | undefined

  get size(): number {
    return this.#map?.size ?? 0
  }

  get(key: Key): Value | undefined {
    return this.#map?.get(key)
  }

  has(key: Key): boolean {
    return this.#map?.has(key) ?? false
  }

  set(key: Key, value: Value): void {
    this.#map ??= new Map()
    this.#map.set(key, value)
  }

  /** Returns whether it was there. */
  delete(key: Key): boolean {
    return this.#map?.delete(key) ?? false
  }

  /** As of a `Map`: in the order in which the keys were first set. */
  [Symbol.iterator](): IterableIterator<[Key, Value]> {
    return (this.#map ?? new Map<Key, Value>())[Symbol.iterator]()
  }
}
