/** The authenticator that the settings `jwt…` describe. */
import type { JsonWebKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Authenticator } from '../auth/authenticator.ts'
import { jwtAuthenticator, type JwtOptions } from '../auth/jwt-authenticator.ts'
import { ConfigError, RelayError } from '../errors.ts'
import type { RelayConfig } from './config.ts'

const keySettings = ['jwtSecret', 'jwtPublicKeyFile', 'jwtJwksUrl'] as const
const checkSettings = ['jwtIssuer', 'jwtAudience', 'jwtRoomsClaim'] as const

/** `undefined` when tokens are not asked for. Throws `ConfigError`. Reads the key's file; fetches nothing. */
export function configuredAuthenticator(config: RelayConfig): Authenticator | undefined {
  const [key, another] = keySettings.filter((name) => config[name] !== undefined)
  const place = (name: string): string => config.places.get(name) ?? name
  if (key === undefined) {
    const check = checkSettings.find((name) => config.places.get(name) !== 'default')
    if (check === undefined) return undefined
    throw new ConfigError(`${place(check)} says what tokens have to hold, and nothing says how they are verified`)
  }
  if (another !== undefined) throw new ConfigError(`${place(key)} and ${place(another)} exclude each other`)
  const options: JwtOptions = {
    secret: config.jwtSecret,
    publicKey: config.jwtPublicKeyFile === undefined ? undefined : readKey(config.jwtPublicKeyFile, place(key)),
    jwksUrl: config.jwtJwksUrl,
    issuer: config.jwtIssuer,
    audience: config.jwtAudience,
    roomsClaim: config.jwtRoomsClaim,
    expiryRequired: config.jwtExpiryRequired,
  }
  try {
    return jwtAuthenticator(options)
  } catch (cause) {
    if (cause instanceof RelayError) throw new ConfigError(`${place(key)}: ${cause.message}`, { cause })
    throw cause
  }
}

/** PEM, or a JWK as JSON. */
function readKey(path: string, place: string): string | JsonWebKey {
  try {
    const content = readFileSync(path, 'utf8')
    return content.trimStart().startsWith('{') ? (JSON.parse(content) as JsonWebKey) : content
  } catch (cause) {
    throw new ConfigError(`${place}: cannot read the key ${path}: ${String(cause)}`, { cause })
  }
}
