/** The port to the page that the client lives in: when to put things away, and when the network may be back. */

export interface Page {
  /** The page is being hidden, frozen or closed: this may be the last that it gets to do. Returns its undo. */
  onHide(listener: () => void): () => void
  /** The page is visible again, or the network is back. Returns its undo. */
  onWake(listener: () => void): () => void
}

/** The browser's page; `undefined` where there is none, as in Node or a worker. */
export function browserPage(): Page | undefined {
  const scope = globalThis as { readonly window?: Window; readonly document?: Document }
  const { window, document } = scope
  if (window === undefined || document === undefined) return undefined
  return {
    onHide: (listener) => {
      const onVisibility = (): void => {
        if (document.visibilityState === 'hidden') listener()
      }
      window.addEventListener('pagehide', listener)
      document.addEventListener('visibilitychange', onVisibility)
      return () => {
        window.removeEventListener('pagehide', listener)
        document.removeEventListener('visibilitychange', onVisibility)
      }
    },
    onWake: (listener) => {
      const onVisibility = (): void => {
        if (document.visibilityState === 'visible') listener()
      }
      window.addEventListener('online', listener)
      // A page that comes back from the cache of the back button was frozen, and its connection is gone.
      window.addEventListener('pageshow', listener)
      document.addEventListener('visibilitychange', onVisibility)
      return () => {
        window.removeEventListener('online', listener)
        window.removeEventListener('pageshow', listener)
        document.removeEventListener('visibilitychange', onVisibility)
      }
    },
  }
}
