/** What the bench is doing, on stderr: one line that is written over on a terminal, plain lines elsewhere. Never a result. */

export interface Progress {
  /** A new step begins. */
  step(text: string): void
  /** How far the step is; too frequent for anything but a terminal. */
  detail(text: string): void
  /** Nothing more to tell: leaves the terminal's line empty. */
  end(): void
}

/** The part of a stream that is used; `process.stderr` is one. */
export interface ProgressStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export function progressOn(stream: ProgressStream): Progress {
  return stream.isTTY === true ? new TerminalProgress(stream) : new PlainProgress(stream)
}

class TerminalProgress implements Progress {
  readonly #stream: ProgressStream
  #step = ''

  constructor(stream: ProgressStream) {
    this.#stream = stream
  }

  step(text: string): void {
    this.#step = text
    this.#rewrite(text)
  }

  detail(text: string): void {
    this.#rewrite(`${this.#step} · ${text}`)
  }

  end(): void {
    this.#rewrite('')
  }

  #rewrite(text: string): void {
    // A line that wraps cannot be written over.
    this.#stream.write(`\r\u001b[K${text.slice(0, (this.#stream.columns || 80) - 1)}`)
  }
}

class PlainProgress implements Progress {
  readonly #stream: ProgressStream

  constructor(stream: ProgressStream) {
    this.#stream = stream
  }

  step(text: string): void {
    this.#stream.write(`${text}\n`)
  }

  detail(): void {}

  end(): void {}
}
