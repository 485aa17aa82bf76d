/**
 * Makes the page load without a network: registers the service worker that the build generates. A new version takes over at the
 * next load; a page that somebody types into is never reloaded under their hands.
 */
import { registerSW } from 'virtual:pwa-register'

export function installForOffline(): void {
  registerSW({
    immediate: true,
    onNeedReload: () => undefined,
    // Private windows and pages without TLS have no service worker. The page works, it only needs the network to load.
    onRegisterError: (error: unknown) => console.info('This page will not load offline:', error),
  })
}
