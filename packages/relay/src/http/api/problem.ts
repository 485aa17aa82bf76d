/**
 * What goes wrong with a request to the HTTP API: a typed error inside, problem details (RFC 9457) outside. Callers
 * branch on `code`, which stands beside the members of the RFC; what a push can be refused for has the code that it has
 * on the wire.
 */
import type { ServerResponse } from 'node:http'
import { wireCodes, type WireCode } from '@syncline/protocol'
import { AuthError, LogError, MergerError } from '../../errors.ts'
import type { CountedLimit } from '../../limit-outcomes.ts'

export type ProblemCode =
  | WireCode
  | 'not-found'
  | 'method-not-allowed'
  /** A parameter, or the body, does not say what it has to. */
  | 'invalid-parameter'
  | 'unsupported-media-type'
  /** The body took too long to arrive. */
  | 'request-timeout'
  /** The relay took too long: what was posted may or may not be durable, and may be posted again. */
  | 'timeout'
  | 'too-many-requests'
  /** The subject has sent more than it may, over HTTP and its connections. */
  | 'rate-exceeded'

/** Every status that a problem can have, by code; of codes that are not here, what `statusOf` says. */
const statuses: Partial<Record<ProblemCode, number>> = {
  unauthorized: 401,
  forbidden: 403,
  'read-only': 403,
  'foreign-client-id': 403,
  'not-found': 404,
  'method-not-allowed': 405,
  'request-timeout': 408,
  'update-too-large': 413,
  'unsupported-media-type': 415,
  'too-many-requests': 503,
  'rate-exceeded': 429,
  'log-unavailable': 503,
  timeout: 504,
  internal: 500,
}

/** Seconds after which a client may try again what is worth it. */
const RETRY_AFTER_SECONDS = 1

export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'
  readonly code: ProblemCode
  readonly retryable: boolean
  /** The limit that the request went beyond, if that is what is wrong. */
  readonly limit: CountedLimit | undefined
  /** Further headers of the answer. */
  readonly headers: Readonly<Record<string, string>>

  constructor(
    code: ProblemCode,
    message: string,
    { retryable = false, headers = {}, limit, cause }: ProblemOptions = {},
  ) {
    super(message, { cause })
    this.code = code
    this.retryable = retryable
    this.limit = limit
    this.headers = headers
  }

  /** Every other code is a conflict with what is there, or a bad request. */
  get status(): number {
    return statuses[this.code] ?? (this.retryable ? 503 : this.code.startsWith('conflicting') ? 409 : 400)
  }
}

interface ProblemOptions {
  readonly retryable?: boolean
  readonly headers?: Readonly<Record<string, string>>
  readonly limit?: CountedLimit
  readonly cause?: unknown
}

/** The codes that the description of the API lists. */
export const problemCodes: readonly ProblemCode[] = [
  ...(Object.keys(wireCodes) as WireCode[]),
  'not-found',
  'method-not-allowed',
  'invalid-parameter',
  'unsupported-media-type',
  'request-timeout',
  'timeout',
  'too-many-requests',
  'rate-exceeded',
]

/** `error` as a problem, or `undefined` if it is a bug. */
export function problemOf(error: unknown): ApiProblem | undefined {
  if (error instanceof ApiProblem) return error
  const cause = { cause: error }
  if (error instanceof LogError) {
    return new ApiProblem('log-unavailable', 'the log cannot be read or written now', { retryable: true, ...cause })
  }
  if (error instanceof MergerError && error.code === 'malformed') {
    return new ApiProblem('malformed-update', error.message, cause)
  }
  if (error instanceof MergerError) {
    const limit = error.code === 'busy' ? ({ limit: 'mergeQueueBytesMax' } as const) : {}
    return new ApiProblem('internal', 'the update cannot be worked on now', { retryable: true, ...limit, ...cause })
  }
  if (error instanceof AuthError && error.retryable) {
    return new ApiProblem('internal', 'nothing can be said about the token now', { retryable: true, ...cause })
  }
  if (error instanceof AuthError) {
    const headers = { 'WWW-Authenticate': 'Bearer' }
    return new ApiProblem('unauthorized', error.message, { headers, ...cause })
  }
  return undefined
}

/** Answers with the problem. */
export function writeProblem(response: ServerResponse, problem: ApiProblem): void {
  const { code, status, message, retryable, headers } = problem
  const body = JSON.stringify({ type: 'about:blank', title: titleOf(code), status, detail: message, code, retryable })
  response.writeHead(status, {
    'Content-Type': 'application/problem+json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    ...(retryable ? { 'Retry-After': RETRY_AFTER_SECONDS } : {}),
    ...headers,
  })
  response.end(body)
}

/** `update-too-large` → `Update too large`. */
function titleOf(code: string): string {
  return code.charAt(0).toUpperCase() + code.slice(1).replaceAll('-', ' ')
}
