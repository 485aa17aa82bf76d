/**
 * Who may operate a relay over HTTP: read its metrics, list its rooms, drop one. With an operator's token, whoever
 * presents it as a bearer token. Without one, and on a relay without authorization, who sits at this machine: the
 * request must come from the loopback interface, and be meant for it, too. A page that a browser on this machine has
 * loaded from elsewhere comes from the loopback interface as well; but it has another `Host` (its own name, which it
 * made point here) or an `Origin` that is not this relay's. On a relay with authorization, a proxy may stand on this
 * machine for the whole world: then there is no operator without a token.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isLoopback } from './loopback.ts'

export class OperatorAccess {
  readonly #digest: Buffer | undefined

  readonly #trustsThisMachine: boolean

  /** `token`: the operator's. `trustsThisMachine`: without a token, this machine is the operator. */
  constructor(token: string | undefined, trustsThisMachine: boolean) {
    this.#digest = token === undefined ? undefined : digest(token)
    this.#trustsThisMachine = trustsThisMachine
  }

  /** Whether whoever sent `request` is the operator. Takes the same time whatever the token. */
  admits(request: IncomingMessage): boolean {
    if (this.#digest === undefined) return this.#trustsThisMachine && isLocal(request)
    const token = bearerToken(request)
    return token !== undefined && timingSafeEqual(digest(token), this.#digest)
  }
}

/** What the header `Authorization: Bearer …` carries. */
export function bearerToken({ headers }: IncomingMessage): string | undefined {
  return /^bearer +([^\s]+)$/i.exec(headers.authorization ?? '')?.[1]
}

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

function hostOf(url: string): { readonly name: string; readonly host: string } | undefined {
  if (!URL.canParse(url)) return undefined
  const { hostname, host } = new URL(url)
  return { name: hostname.replace(/^\[|\]$/g, ''), host }
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
