/** What to do with an exception of the app's own listener: it is the app's bug, and must not stop what the client was doing. */

/** Calls `listener`; what it throws is thrown again outside, where the platform reports uncaught exceptions. */
export function callListener<T extends readonly unknown[]>(listener: (...args: T) => void, ...args: T): void {
  try {
    listener(...args)
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
