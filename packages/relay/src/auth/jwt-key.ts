/**
 * The key that tokens are verified with, and the algorithms that go with it. Which algorithms count is the operator's
 * word, or follows from the key; never the token's. So a public key never verifies an HMAC, whatever a token says of
 * itself: that is checked here once, when the relay is configured.
 */
import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { createRemoteJWKSet, errors, type FlattenedJWSInput, type JWSHeaderParameters } from 'jose'
import { AuthError, RelayError } from '../errors.ts'
import { isLoopback } from '../http/loopback.ts'

const secretAlgorithms = ['HS256', 'HS384', 'HS512'] as const
const rsaAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const
const ecAlgorithms = ['ES256', 'ES384', 'ES512'] as const
const edAlgorithms = ['EdDSA', 'Ed25519'] as const

export type JwtAlgorithm =
  | (typeof secretAlgorithms)[number]
  | (typeof rsaAlgorithms)[number]
  | (typeof ecAlgorithms)[number]
  | (typeof edAlgorithms)[number]

const publicAlgorithms: readonly JwtAlgorithm[] = [...rsaAlgorithms, ...ecAlgorithms, ...edAlgorithms]

/** Exactly one of the three. */
export interface JwtKeyOptions {
  /** Shared with whoever issues tokens; text stands for its UTF-8 bytes. At least as long as the hash: 32 … 64 bytes. */
  readonly secret?: string | Uint8Array | undefined
  /** PEM (SPKI or a certificate), or a JWK. RSA of at least 2048 bits, P-256, P-384, P-521, or Ed25519. */
  readonly publicKey?: string | JsonWebKey | undefined
  /** Where a JWK set is: `https:`, or `http:` on the loopback interface. */
  readonly jwksUrl?: string | URL | undefined
  /**
   * By default: HS256 for a secret; RS256 for an RSA key; the one of its curve for the others; for a JWK set all of
   * RS, PS, ES and EdDSA, each key being held to its own.
   */
  readonly algorithms?: readonly JwtAlgorithm[] | undefined
  /** How a JWK set is fetched. */
  readonly jwks?: Partial<JwksFetching> | undefined
}

/** Milliseconds. */
export interface JwksFetching {
  /** How long the server may take to answer. */
  readonly timeoutMs: number
  /** How long keys are used before they are fetched again. */
  readonly cacheMs: number
  /** How long after a fetch, successful or not, the next one is refused: a flood of bad tokens asks nobody. */
  readonly cooldownMs: number
}

export const defaultJwksFetching: JwksFetching = { timeoutMs: 5000, cacheMs: 600_000, cooldownMs: 10_000 }

/** As `jwtVerify` takes it. */
export type KeySource = Uint8Array | KeyObject | KeyResolver
type KeyResolver = (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>
type CryptoKey = Awaited<ReturnType<ReturnType<typeof createRemoteJWKSet>>>

export interface JwtKey {
  readonly key: KeySource
  readonly algorithms: readonly JwtAlgorithm[]
}

/** Throws `RelayError` `invalid-option` for keys and algorithms that do not go together, or are too weak. */
export function jwtKey({ secret, publicKey, jwksUrl, algorithms, jwks }: JwtKeyOptions, now: () => number): JwtKey {
  const given = [secret, publicKey, jwksUrl].filter((source) => source !== undefined)
  if (given.length !== 1) invalid(`tokens need one of secret, publicKey and jwksUrl; ${given.length} are given`)
  if (secret !== undefined) return secretKey(secret, algorithms ?? ['HS256'])
  if (publicKey !== undefined) return keyOf(publicKey, algorithms)
  const allowed = pinned(algorithms ?? publicAlgorithms, publicAlgorithms, 'a JWK set')
  return { key: remoteKeys(checkedUrl(jwksUrl!), { ...defaultJwksFetching, ...jwks }, now), algorithms: allowed }
}

function secretKey(secret: string | Uint8Array, algorithms: readonly JwtAlgorithm[]): JwtKey {
  const key = typeof secret === 'string' ? new TextEncoder().encode(secret) : secret.slice()
  const allowed = pinned(algorithms, secretAlgorithms, 'a shared secret')
  // RFC 7518, section 3.2: a key of at least the size of the hash. What is shorter can be found by trying.
  const bytesMin = Math.max(...allowed.map((algorithm) => Number(algorithm.slice(2)) / 8))
  if (key.length < bytesMin) invalid(`a secret for ${allowed.join(', ')} has at least ${bytesMin} bytes`)
  return { key, algorithms: allowed }
}

function keyOf(publicKey: string | JsonWebKey, algorithms: readonly JwtAlgorithm[] | undefined): JwtKey {
  const isPrivate = typeof publicKey === 'string' ? publicKey.includes('PRIVATE KEY') : publicKey.d !== undefined
  if (isPrivate)
    invalid('publicKey is a private key; the relay verifies tokens only, and should not be able to issue them')
  let key: KeyObject
  try {
    key = createPublicKey(typeof publicKey === 'string' ? publicKey : { key: publicKey, format: 'jwk' })
  } catch (cause) {
    throw new RelayError('invalid-option', 'publicKey is neither a public key in PEM nor a JWK', { cause })
  }
  const possible = algorithmsOf(key)
  return { key, algorithms: pinned(algorithms ?? possible.slice(0, 1), possible, 'this public key') }
}

/** What a key can verify, the usual one first. */
function algorithmsOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): readonly JwtAlgorithm[] {
  if (asymmetricKeyType === 'rsa') {
    if ((asymmetricKeyDetails?.modulusLength ?? 0) < 2048) invalid('an RSA key has at least 2048 bits')
    return rsaAlgorithms
  }
  if (asymmetricKeyType === 'ed25519') return edAlgorithms
  const curves: Record<string, JwtAlgorithm> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }
  const algorithm = curves[asymmetricKeyDetails?.namedCurve ?? '']
  return algorithm === undefined ? invalid(`keys of the kind ${asymmetricKeyType} are not supported`) : [algorithm]
}

function pinned(
  algorithms: readonly JwtAlgorithm[],
  possible: readonly JwtAlgorithm[],
  key: string,
): readonly JwtAlgorithm[] {
  if (algorithms.length === 0) invalid('no algorithm is allowed')
  for (const algorithm of algorithms) {
    if (!possible.includes(algorithm)) invalid(`${algorithm} does not go with ${key}; ${possible.join(', ')} do`)
  }
  return algorithms
}

function checkedUrl(text: string | URL): URL {
  const url = URL.canParse(String(text)) ? new URL(text) : invalid(`jwksUrl ${JSON.stringify(text)} is not a URL`)
  // Whoever can answer in its place can issue tokens.
  const loopback = isLoopback(url.hostname.replace(/^\[|\]$/g, ''))
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) {
    invalid('jwksUrl is neither https: nor on the loopback interface')
  }
  return url
}

function remoteKeys(url: URL, { timeoutMs, cacheMs, cooldownMs }: JwksFetching, now: () => number): KeyResolver {
  const keys = createRemoteJWKSet(url, {
    timeoutDuration: timeoutMs,
    cacheMaxAge: cacheMs,
    cooldownDuration: cooldownMs,
  })
  // The library's own cooldown begins with a success.
  let failedAt = Number.NEGATIVE_INFINITY
  let failure: unknown
  return async (header, token) => {
    if (!keys.fresh && now() - failedAt < cooldownMs) throw unavailable(failure)
    try {
      return await keys(header, token)
    } catch (error) {
      if (isAboutToken(error)) throw error
      failedAt = now()
      failure = error
      throw unavailable(error)
    }
  }
}

/** Whether the set was read, and the token asks for what is not in it. Everything else is about the set. */
function isAboutToken(error: unknown): boolean {
  return (
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JWKSMultipleMatchingKeys ||
    error instanceof errors.JOSENotSupported
  )
}

function unavailable(cause: unknown): AuthError {
  return new AuthError('unavailable', 'the keys that tokens are verified with cannot be fetched', { cause })
}

function invalid(message: string): never {
  throw new RelayError('invalid-option', message)
}
