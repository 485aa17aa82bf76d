import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { SignJWT, exportJWK, type JWTPayload } from 'jose'
import { afterEach, describe, expect, test } from 'vitest'
import type { Authenticator, Principal } from './authenticator.ts'
import { jwtAuthenticator, type JwtOptions } from './jwt-authenticator.ts'
import type { JwtAlgorithm } from './jwt-key.ts'

const secret = 'a secret of at least thirty-two bytes, for tests'
const now = 1_800_000_000_000
const nowSeconds = now / 1000
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')
const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString()

interface Signing {
  readonly key?: KeyObject | Uint8Array
  readonly alg?: JwtAlgorithm
  readonly kid?: string
}

const good: JWTPayload = { sub: 'ada', exp: nowSeconds + 60, rooms: { 'team/**': 'write', news: 'read' } }

function token(payload: JWTPayload = good, { key, alg = 'HS256', kid }: Signing = {}): Promise<string> {
  const header = kid === undefined ? { alg } : { alg, kid }
  return new SignJWT(payload).setProtectedHeader(header).sign(key ?? new TextEncoder().encode(secret))
}

function authenticator(options: Partial<JwtOptions> = {}): Authenticator {
  return jwtAuthenticator({ secret, now: () => now, ...options })
}

function authenticate(by: Authenticator, presented: string | undefined): Promise<Principal> {
  return by.authenticate({ token: presented, address: '127.0.0.1' })
}

const invalid = { name: 'AuthError', code: 'invalid-token', retryable: false }
const refused = { name: 'RelayError', code: 'invalid-option' }

test('a token says who, until when, and which rooms', async () => {
  const principal = await authenticate(authenticator({ clockToleranceSeconds: 0 }), await token())
  const expiresAt = now + 60_000
  expect(principal).toMatchObject({ subject: 'ada', expiresAt })
  expect(principal.grant('team/a/b')).toEqual({ access: 'write', subject: 'ada', expiresAt })
  expect(principal.grant('news')).toEqual({ access: 'read', subject: 'ada', expiresAt })
  expect(principal.grant('other')).toEqual({ access: 'none', subject: 'ada', expiresAt })
})

test('a token that says nothing about rooms opens none; another claim may be the one that does', async () => {
  const { rooms, ...bare } = good
  const silent = await authenticate(authenticator(), await token(bare))
  expect(silent.grant('news')).toMatchObject({ access: 'none' })
  const named = await token({ ...bare, 'https://example.com/rooms': rooms })
  const principal = await authenticate(authenticator({ roomsClaim: 'https://example.com/rooms' }), named)
  expect(principal.grant('news')).toMatchObject({ access: 'read' })
})

test('no token is told from a bad one', async () => {
  for (const absent of [undefined, '']) {
    await expect(authenticate(authenticator(), absent)).rejects.toMatchObject({ code: 'missing-token' })
  }
  for (const bad of ['x', 'a.b.c', '.', '..', `${await token()}x`, (await token()).slice(0, -2)]) {
    await expect(authenticate(authenticator(), bad)).rejects.toMatchObject(invalid)
  }
})

test.each<[string, JWTPayload]>([
  ['expired', { ...good, exp: nowSeconds - 6 }],
  ['not valid yet', { ...good, nbf: nowSeconds + 6 }],
  ['without an expiry', { sub: 'ada' }],
  ['without a subject', { exp: nowSeconds + 60 }],
  ['with an empty subject', { ...good, sub: '' }],
  ['with a subject that is too long', { ...good, sub: 'é'.repeat(128) }],
  ['with rules that are none', { ...good, rooms: { a: 'admin' } }],
  ['with a pattern that is none', { ...good, rooms: { 'a**': 'read' } }],
])('a token is refused: %s', async (_, payload) => {
  await expect(authenticate(authenticator(), await token(payload))).rejects.toMatchObject(invalid)
})

test('the clocks may be apart by the tolerance, on a new connection and on a live one', async () => {
  const principal = await authenticate(authenticator(), await token({ ...good, exp: nowSeconds - 4 }))
  expect(principal.expiresAt).toBe(now + 1000)
})

test('an expiry is needed unless the operator says otherwise', async () => {
  const principal = await authenticate(authenticator({ expiryRequired: false }), await token({ sub: 'ada' }))
  expect(principal.expiresAt).toBeUndefined()
})

test('issuer and audience are checked when they are given', async () => {
  const by = authenticator({ issuer: ['https://a', 'https://b'], audience: 'relay' })
  const named = { ...good, iss: 'https://b', aud: ['other', 'relay'] }
  await expect(authenticate(by, await token(named))).resolves.toMatchObject({ subject: 'ada' })
  for (const wrong of [{ iss: 'https://c' }, { aud: 'other' }, { iss: undefined }, { aud: undefined }]) {
    const payload = JSON.parse(JSON.stringify({ ...named, ...wrong })) as JWTPayload
    await expect(authenticate(by, await token(payload))).rejects.toMatchObject(invalid)
  }
})

describe('the algorithm is pinned', () => {
  test.each<[string, KeyObject, KeyObject, JwtAlgorithm]>([
    ['RSA', rsa.publicKey, rsa.privateKey, 'RS256'],
    ['P-256', ec.publicKey, ec.privateKey, 'ES256'],
    ['Ed25519', ed.publicKey, ed.privateKey, 'EdDSA'],
  ])('a public key in PEM, or as a JWK, goes with its own algorithm: %s', async (_, publicKey, privateKey, alg) => {
    const signed = await token(good, { key: privateKey, alg })
    const jwk = publicKey.export({ format: 'jwk' })
    for (const key of [pem(publicKey), jwk]) {
      const by = authenticator({ secret: undefined, publicKey: key })
      await expect(authenticate(by, signed)).resolves.toMatchObject({ subject: 'ada' })
    }
  })

  test('a public key never verifies what was signed with it as a shared secret', async () => {
    const by = authenticator({ secret: undefined, publicKey: pem(rsa.publicKey) })
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const forged = `${part({ alg: 'HS256' })}.${part(good)}`
    const signature = createHmac('sha256', pem(rsa.publicKey)).update(forged).digest('base64url')
    await expect(authenticate(by, `${forged}.${signature}`)).rejects.toMatchObject(invalid)
  })

  test('a token that is not signed, or signed with another algorithm of the family, is refused', async () => {
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    for (const alg of ['none', 'None', 'NONE', '']) {
      const unsigned = `${part({ alg })}.${part(good)}.`
      await expect(authenticate(authenticator(), unsigned)).rejects.toMatchObject(invalid)
    }
    await expect(
      authenticate(authenticator(), await token(good, { alg: 'HS512', key: Buffer.alloc(64, secret) })),
    ).rejects.toMatchObject(invalid)
    const by = authenticator({ secret: undefined, publicKey: pem(rsa.publicKey), algorithms: ['PS256'] })
    await expect(authenticate(by, await token(good, { key: rsa.privateKey, alg: 'RS256' }))).rejects.toMatchObject(
      invalid,
    )
  })

  test.each<[string, JwtOptions]>([
    ['no key', {}],
    ['two keys', { secret, publicKey: pem(rsa.publicKey) }],
    ['a short secret', { secret: 'short' }],
    ['a secret too short for the longest hash', { secret: 'x'.repeat(63), algorithms: ['HS256', 'HS512'] }],
    ['an HMAC for a public key', { publicKey: pem(rsa.publicKey), algorithms: ['HS256'] }],
    ['an HMAC for a JWK set', { jwksUrl: 'https://example.com/keys', algorithms: ['HS256', 'RS256'] }],
    ['a signature for a secret', { secret, algorithms: ['RS256'] }],
    ['an algorithm of another curve', { publicKey: pem(ec.publicKey), algorithms: ['ES384'] }],
    ['no algorithm', { secret, algorithms: [] }],
    ['a private key', { publicKey: rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }],
    ['a private JWK', { publicKey: ed.privateKey.export({ format: 'jwk' }) }],
    ['a short RSA key', { publicKey: pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey) }],
    ['a curve that is not used', { publicKey: pem(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey) }],
    ['a key that is none', { publicKey: 'key' }],
    ['a symmetric JWK', { publicKey: { kty: 'oct', k: 'AAAA' } }],
    ['keys over the open network', { jwksUrl: 'http://example.com/keys' }],
    ['a URL that is none', { jwksUrl: 'keys' }],
    ['a tolerance that is none', { secret, clockToleranceSeconds: Number.NaN }],
    ['a tolerance of a day', { secret, clockToleranceSeconds: 86_400 }],
  ])('%s is refused when the relay is configured', (_, options) => {
    expect(() => jwtAuthenticator(options)).toThrow(expect.objectContaining(refused))
  })
})

describe('keys by URL', () => {
  const servers = new Set<Server>()
  afterEach(() => {
    for (const server of servers) server.close().closeAllConnections()
    servers.clear()
  })

  /** Serves `answer()` as JSON, or status 500 while it is `undefined`. */
  async function serve(answer: () => unknown): Promise<{ url: string; asked: () => number }> {
    let asked = 0
    const server = createServer((_, response) => {
      asked++
      const body = answer()
      response.writeHead(body === undefined ? 500 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    })
    servers.add(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`, asked: () => asked }
  }

  const jwk = async (key: KeyObject, kid: string): Promise<object> => ({ ...(await exportJWK(key)), kid, use: 'sig' })

  test('are fetched once, and a token picks its own by name', async () => {
    const keys = [await jwk(rsa.publicKey, 'r'), await jwk(ec.publicKey, 'e')]
    const { url, asked } = await serve(() => ({ keys }))
    const by = authenticator({ secret: undefined, jwksUrl: url })
    const [byRsa, byEc] = [
      await token(good, { key: rsa.privateKey, alg: 'RS256', kid: 'r' }),
      await token(good, { key: ec.privateKey, alg: 'ES256', kid: 'e' }),
    ]
    await Promise.all([byRsa, byEc, byRsa].map((each) => authenticate(by, each)))
    expect(asked()).toBe(1)
    const stranger = await token(good, { key: ed.privateKey, alg: 'EdDSA', kid: 'x' })
    const crossed = await token(good, { key: ec.privateKey, alg: 'ES256', kid: 'r' })
    for (const bad of [stranger, crossed, await token()]) {
      await expect(authenticate(by, bad)).rejects.toMatchObject(invalid)
    }
    expect(asked(), 'a flood of unknown keys asks nobody').toBe(1)
  })

  test('that cannot be fetched are no reason to call a token bad, nor to ask again and again', async () => {
    let keys: readonly object[] | undefined
    let time = now
    const { url, asked } = await serve(() => (keys === undefined ? undefined : { keys }))
    const by = authenticator({ secret: undefined, jwksUrl: url, now: () => time, jwks: { cooldownMs: 1000 } })
    const signed = await token(good, { key: rsa.privateKey, alg: 'RS256' })
    const unavailable = { name: 'AuthError', code: 'unavailable', retryable: true }
    await expect(authenticate(by, signed)).rejects.toMatchObject(unavailable)
    keys = [await jwk(rsa.publicKey, 'r')]
    await expect(authenticate(by, signed)).rejects.toMatchObject(unavailable)
    expect(asked()).toBe(1)
    time += 1000
    await expect(authenticate(by, signed)).resolves.toMatchObject({ subject: 'ada' })
  })

  test.each(['no set', { keys: 'x' }, { keys: [] }, []])('that are no set of keys open nothing: %j', async (body) => {
    const { url } = await serve(() => body)
    const by = authenticator({ secret: undefined, jwksUrl: url })
    const signed = await token(good, { key: rsa.privateKey, alg: 'RS256' })
    await expect(authenticate(by, signed)).rejects.toMatchObject({ name: 'AuthError' })
  })

  test('that nobody serves are unavailable', async () => {
    const { url } = await serve(() => ({}))
    for (const server of servers) await new Promise((resolve) => server.close(resolve))
    const by = authenticator({ secret: undefined, jwksUrl: url })
    const signed = await token(good, { key: rsa.privateKey, alg: 'RS256' })
    await expect(authenticate(by, signed)).rejects.toMatchObject({ code: 'unavailable' })
  })
})
