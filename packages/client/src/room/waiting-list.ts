/**
 * Promises that wait for a condition on a changing state. Whoever changes the state says so with `check`; whoever ends says so
 * with `close`. No promise is left hanging, and an aborted wait leaves nothing behind.
 */
import { SynclineError } from '../errors.ts'

/** `undefined`: not yet. `'done'`: the wait is over. An error: it cannot come true. */
export type WaitVerdict = undefined | 'done' | SynclineError

interface Wait {
  readonly verdict: () => WaitVerdict
  readonly settle: (verdict: 'done' | SynclineError) => void
}

export class WaitingList {
  readonly #waits = new Set<Wait>()
  #closed: SynclineError | undefined

  /** Resolves, or rejects with its error, once `verdict` gives one; rejects with `aborted` or `closed`, whichever is first. */
  async wait(verdict: () => WaitVerdict, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) throw aborted(signal)
    const now = verdict() ?? this.#closed
    if (now === 'done') return
    if (now !== undefined) throw now
    await new Promise<void>((resolve, reject) => {
      const onAbort = (): void => wait.settle(aborted(signal))
      const wait: Wait = {
        verdict,
        settle: (final) => {
          this.#waits.delete(wait)
          signal?.removeEventListener('abort', onAbort)
          if (final === 'done') resolve()
          else reject(final)
        },
      }
      this.#waits.add(wait)
      signal?.addEventListener('abort', onAbort)
    })
  }

  /** The state changed: settles the waits whose time has come. */
  check(): void {
    for (const wait of this.#waits) {
      const verdict = wait.verdict()
      if (verdict !== undefined) wait.settle(verdict)
    }
  }

  /** Nothing changes any more: settles what can be settled, and rejects the rest, and all later waits, with `error`. */
  close(error: SynclineError): void {
    this.check()
    this.#closed = error
    for (const wait of this.#waits) wait.settle(error)
  }
}

function aborted(signal: AbortSignal | undefined): SynclineError {
  return new SynclineError('aborted', 'The wait was given up', { cause: signal?.reason })
}
