/** The edits of a trace, as columns: a quarter of a million objects would be looked through whenever garbage is collected, between all samples of a run. */
import type { Edit } from './trace.ts'

/** A list of edits that does not change. Who goes through it gets an object for each, made when it is asked for. */
export class Edits implements Iterable<Edit> {
  static of(edits: Iterable<Edit>): Edits {
    const positions: number[] = []
    const deleted: number[] = []
    const words: number[] = []
    const wordNumbers = new Map<string, number>()
    for (const edit of edits) {
      positions.push(edit.position)
      deleted.push(edit.deleted)
      const known = wordNumbers.get(edit.inserted)
      words.push(known ?? wordNumbers.size)
      if (known === undefined) wordNumbers.set(edit.inserted, wordNumbers.size)
    }
    return new Edits(Uint32Array.from(positions), Uint32Array.from(deleted), Uint32Array.from(words), [
      ...wordNumbers.keys(),
    ])
  }

  readonly length: number
  readonly #positions: Uint32Array
  readonly #deleted: Uint32Array
  /** What each edit inserts, by its place in the dictionary: most insert one of some hundred characters. */
  readonly #words: Uint32Array
  readonly #dictionary: readonly string[]

  private constructor(positions: Uint32Array, deleted: Uint32Array, words: Uint32Array, dictionary: readonly string[]) {
    this.length = positions.length
    this.#positions = positions
    this.#deleted = deleted
    this.#words = words
    this.#dictionary = dictionary
  }

  /** `index` is below {@link length}. */
  at(index: number): Edit {
    return {
      position: this.#positions[index]!,
      deleted: this.#deleted[index]!,
      inserted: this.#dictionary[this.#words[index]!]!,
    }
  }

  /** The edits from `start` to before `end`; of negative numbers, counted from the end. Shares the columns. */
  slice(start: number, end = this.length): Edits {
    return new Edits(
      this.#positions.subarray(start, end),
      this.#deleted.subarray(start, end),
      this.#words.subarray(start, end),
      this.#dictionary,
    )
  }

  *[Symbol.iterator](): IterableIterator<Edit> {
    for (let index = 0; index < this.length; index++) yield this.at(index)
  }
}
