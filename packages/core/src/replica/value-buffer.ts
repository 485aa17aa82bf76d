/**
 * The values of a document that are neither text nor shared types: what apps put into arrays and maps, bytes, embeds, formats, subdocuments. A run of values
 * is a range of one array, as a run of text is a range of one buffer; a single value may take a place that was given up.
 */
export class ValueBuffer {
  /** Places that no row refers to hold undefined. */
  values: unknown[] = []
  /** Places given up inside runs. */
  dead = 0
  #free: number[] = []

  /** Appends a run, the values from `from` up to `to`, and returns its offset. */
  putRun(values: readonly unknown[], from = 0, to: number = values.length): number {
    const start = this.values.length
    for (let at = from; at < to; at++) this.values.push(values[at])
    return start
  }

  /** Appends a run of what `read` gives, so many times, and returns its offset. */
  readRun<Source>(count: number, read: (source: Source) => unknown, source: Source): number {
    const { values } = this
    const start = values.length
    for (let left = count; left > 0; left--) values.push(read(source))
    return start
  }

  /** Keeps a value that will never be joined to another. */
  putSingle(value: unknown): number {
    const offset = this.#free.pop() ?? this.values.length
    this.values[offset] = value
    return offset
  }

  get(offset: number): unknown {
    return this.values[offset]
  }

  slice(offset: number, length: number): unknown[] {
    return this.values.slice(offset, offset + length)
  }

  /** Lets go of a run; single places are used again. */
  release(offset: number, length: number): void {
    this.values.fill(undefined, offset, offset + length)
    if (length === 1) this.#free.push(offset)
    else this.dead += length
  }

  /** The offset of a run that is one run followed by another. Constant where they are neighbours, else copied to the end. */
  join(left: number, leftLength: number, right: number, rightLength: number): number {
    if (left + leftLength === right) return left
    const run = [...this.slice(left, leftLength), ...this.slice(right, rightLength)]
    this.release(left, leftLength)
    this.release(right, rightLength)
    return this.putRun(run)
  }

  /** Begins again, to be filled with the runs that are still in use. Returns the values that were there. */
  restart(): unknown[] {
    const before = this.values
    this.values = []
    this.#free = []
    this.dead = 0
    return before
  }
}
