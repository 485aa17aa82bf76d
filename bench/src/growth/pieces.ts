/** What a library took at the sizes that it was asked for: whether it is asked for the next, which is larger. */
import { forecast, type Forecast, type Piece } from '../harness/forecast.ts'

export class Pieces {
  #smaller: Piece | undefined
  #larger: Piece | undefined

  /** Sizes ascend. */
  add(piece: Piece): void {
    this.#smaller = this.#larger
    this.#larger = piece
  }

  /** Of a larger size than any so far; `undefined` before the first. */
  forecast(size: number): Forecast | undefined {
    const larger = this.#larger
    if (larger === undefined) return undefined
    // Of one piece it is not known how it grows: linearly, then.
    const smaller = this.#smaller ?? { size: larger.size / 2, ms: larger.ms / 2 }
    return forecast(smaller, larger, size)
  }
}
