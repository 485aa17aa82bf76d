/**
 * Every setting of the command, in one table: what its flag, its environment variable and its key in a configuration
 * file say, and what holds without them. Limits are settings of their own, named in limits.ts.
 */
import { logLevels, type LogLevel } from '../event-log.ts'
import { isProxy } from '../http/client-address.ts'
import { DEFAULT_HOST, DEFAULT_PORT } from '../relay.ts'
import { integer, list, onOff, oneOf, text, type Setting } from './setting.ts'

/** What the settings say together. */
export interface Settings {
  readonly host: string
  readonly port: number
  readonly data: string
  readonly memory: boolean
  readonly demo: string | undefined
  readonly trustedProxies: readonly string[] | undefined
  readonly keepHistory: boolean
  readonly logLevel: LogLevel
  readonly operatorToken: string | undefined
  readonly jwtSecret: string | undefined
  readonly jwtPublicKeyFile: string | undefined
  readonly jwtJwksUrl: string | undefined
  readonly jwtIssuer: string | undefined
  readonly jwtAudience: string | undefined
  readonly jwtRoomsClaim: string
  readonly jwtExpiryRequired: boolean
}

export const settings: { readonly [Name in keyof Settings]: Setting<Settings[Name]> } = {
  host: text({
    takes: 'H',
    help: 'interface to listen on; without authorization loopback only',
    fallback: DEFAULT_HOST,
  }),
  port: integer({
    takes: 'N',
    help: 'port to listen on; 0 picks a free one',
    fallback: DEFAULT_PORT,
    min: 0,
    max: 65_535,
  }),
  data: text({ takes: 'DIR', help: 'directory of the log; created if it is missing', fallback: './.syncline' }),
  memory: onOff({ help: 'keep everything in memory instead: it is lost when the relay stops', fallback: false }),
  demo: text({ takes: 'DIR', help: 'serve the web app in this directory at /', fallback: undefined }),
  trustedProxies: list(isProxy, 'a list of IP addresses and subnets', {
    takes: 'IP,…',
    help: 'addresses and subnets of proxies whose X-Forwarded-For says where clients are',
    fallback: undefined,
  }),
  keepHistory: onOff({
    help: 'keep the content of what was deleted, for documents without garbage collection',
    fallback: false,
  }),
  logLevel: oneOf(logLevels, {
    takes: 'LEVEL',
    help: `what is told on stderr: ${logLevels.join(', ')}`,
    fallback: 'info',
  }),
  operatorToken: text({
    takes: 'TOKEN',
    help: 'bearer token of whoever operates the relay over HTTP; without it, this machine',
    fallback: undefined,
    secret: true,
  }),
  jwtSecret: text({
    takes: 'SECRET',
    help: 'clients need a token that is signed with this secret (HS256); at least 32 bytes',
    fallback: undefined,
    secret: true,
  }),
  jwtPublicKeyFile: text({
    takes: 'FILE',
    help: 'clients need a token that the key in this file verifies: PEM, or a JWK',
    fallback: undefined,
  }),
  jwtJwksUrl: text({
    takes: 'URL',
    help: 'clients need a token that a key of the set at this URL verifies',
    fallback: undefined,
  }),
  jwtIssuer: text({ takes: 'ISS', help: 'what the claim iss of a token has to be', fallback: undefined }),
  jwtAudience: text({ takes: 'AUD', help: 'what the claim aud of a token has to name', fallback: undefined }),
  jwtRoomsClaim: text({ takes: 'CLAIM', help: 'the claim that says which rooms a token opens', fallback: 'rooms' }),
  jwtExpiryRequired: onOff({ help: 'refuse tokens that never run out', fallback: true }),
}
