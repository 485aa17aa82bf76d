import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SignJWT } from 'jose'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readConfig, type Environment } from './config.ts'
import { configuredAuthenticator } from './jwt-config.ts'

const secret = 'a secret of thirty-two bytes or more'
let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syncline-jwt-'))
})

afterEach(() => rm(directory, { recursive: true }))

const authenticatorOf = (environment: Environment): ReturnType<typeof configuredAuthenticator> =>
  configuredAuthenticator(readConfig({ values: new Map(), limits: [] }, environment, undefined))

function tokenOf(claims: Record<string, unknown>): SignJWT {
  return new SignJWT(claims).setSubject('ada').setExpirationTime('1h')
}

test('without settings nobody is asked for a token', () => {
  expect(authenticatorOf({})).toBeUndefined()
})

test('a secret, an issuer, an audience and a claim are what tokens are held to', async () => {
  const authenticator = authenticatorOf({
    SYNCLINE_JWT_SECRET: secret,
    SYNCLINE_JWT_ISSUER: 'issuer',
    SYNCLINE_JWT_AUDIENCE: 'notes',
    SYNCLINE_JWT_ROOMS_CLAIM: 'docs',
  })!
  const sign = (claims: Record<string, unknown>): Promise<string> =>
    tokenOf(claims).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(secret))
  const token = await sign({ iss: 'issuer', aud: 'notes', docs: { 'a/*': 'read' } })
  const principal = await authenticator.authenticate({ token, address: '::1' })
  expect(principal.subject).toBe('ada')
  expect([await principal.grant('a/b'), await principal.grant('b')]).toMatchObject([
    { access: 'read' },
    { access: 'none' },
  ])
  for (const claims of [
    { iss: 'other', aud: 'notes' },
    { iss: 'issuer', aud: 'other' },
  ]) {
    const refused = authenticator.authenticate({ token: await sign(claims), address: '::1' })
    await expect(refused).rejects.toMatchObject({ code: 'invalid-token' })
  }
})

test.each(['pem', 'jwk'])('a public key is read from its file: %s', async (kind) => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const path = join(directory, 'key')
  const pem = publicKey.export({ type: 'spki', format: 'pem' })
  await writeFile(path, kind === 'pem' ? pem : JSON.stringify(publicKey.export({ format: 'jwk' })))
  const authenticator = authenticatorOf({ SYNCLINE_JWT_PUBLIC_KEY_FILE: path })!
  const token = await tokenOf({}).setProtectedHeader({ alg: 'EdDSA' }).sign(privateKey)
  expect((await authenticator.authenticate({ token, address: '::1' })).subject).toBe('ada')
})

test.each([
  ['a secret that is too short', { SYNCLINE_JWT_SECRET: 'short' }, /^SYNCLINE_JWT_SECRET: (?!.*short)/],
  ['a key that is not there', { SYNCLINE_JWT_PUBLIC_KEY_FILE: '/nowhere/key' }, 'SYNCLINE_JWT_PUBLIC_KEY_FILE'],
  ['a URL that is none', { SYNCLINE_JWT_JWKS_URL: 'keys' }, 'SYNCLINE_JWT_JWKS_URL'],
  ['a URL that anybody can answer', { SYNCLINE_JWT_JWKS_URL: 'http://example.com' }, 'SYNCLINE_JWT_JWKS_URL'],
  ['two keys', { SYNCLINE_JWT_SECRET: secret, SYNCLINE_JWT_JWKS_URL: 'https://x' }, 'exclude each other'],
  ['a check without a key', { SYNCLINE_JWT_ISSUER: 'x' }, 'SYNCLINE_JWT_ISSUER'],
])('%s is an error that names the place', (_, environment, message) => {
  expect(() => authenticatorOf(environment)).toThrow(message)
})
