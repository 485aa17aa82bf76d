/**
 * Who may operate a relay over HTTP: read its metrics, list its rooms, drop one. With an operator's token, whoever
 * presents it as a bearer token. Without one, and on a relay without authorization, who sits at this machine
 * (local-request.ts). On a relay with authorization, a proxy may stand on this machine for the whole world: then there
 * is no operator without a token.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { isLocal } from './local-request.ts'

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

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
