/**
 * Who asks without a token, on a relay that asks nobody for one: somebody at this machine. That a request comes over
 * the loopback interface does not say so, since a browser here sends those of every page that its user visits. Two
 * headers do, which no page can forge: `Origin` names the page's site, and `Host` what its URL calls this machine. A
 * site that makes a name of its own point here shows that name in both.
 *
 * HTTP and WebSocket differ in what they take. Browsers send no `Origin` with some requests over HTTP, and answers are
 * for pages of the relay itself; with an upgrade they always send it, and pages of any server on this machine are
 * served: an app's development server is one.
 */
import type { IncomingMessage } from 'node:http'
import { isLoopback } from './loopback.ts'

/**
 * Whether a request came over the loopback interface, for a loopback name, and neither from another site's page nor
 * through a proxy that says so.
 */
export function isLocal({ socket, headers }: IncomingMessage): boolean {
  const { remoteAddress, localAddress } = socket
  if (headers.forwarded !== undefined || headers['x-forwarded-for'] !== undefined) return false
  if (remoteAddress === undefined || !isLoopback(remoteAddress)) return false
  if (localAddress === undefined || !isLoopback(localAddress)) return false
  const host = hostOf(`http://${headers.host}`)
  if (host === undefined || !isLoopback(host.name)) return false
  const { origin } = headers
  if (origin !== undefined && hostOf(origin)?.host !== host.host) return false
  // Browsers say it where they send no `Origin`: with a form's GET, an image, a script.
  return headers['sec-fetch-site'] !== 'cross-site'
}

/**
 * Whether a WebSocket upgrade reached the loopback interface and is no other site's: it has no `Origin`, as that of a
 * program, or one whose host is a loopback name, and so is its `Host`.
 */
export function isLocalUpgrade({ socket, headers }: IncomingMessage): boolean {
  const { localAddress } = socket
  if (localAddress === undefined || !isLoopback(localAddress)) return false
  const { host, origin } = headers
  return origin === undefined || (isLoopbackUrl(origin) && isLoopbackUrl(`http://${host}`))
}

function isLoopbackUrl(url: string): boolean {
  const host = hostOf(url)
  return host !== undefined && isLoopback(host.name)
}

function hostOf(url: string): { readonly name: string; readonly host: string } | undefined {
  if (!URL.canParse(url)) return undefined
  const { hostname, host } = new URL(url)
  return { name: hostname.replace(/^\[|\]$/g, ''), host }
}
