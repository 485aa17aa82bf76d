import { expect, test } from 'vitest'
import type { AccessRequest, Authorize } from '../access.ts'
import { anonymousAuthenticator } from './anonymous.ts'
import type { Authenticator } from './authenticator.ts'
import { hookAuthenticator } from './authorize-hook.ts'

const request = { url: '/sync?a=1', headers: { origin: 'https://example.com' } }
const credentials = { token: 't', address: '10.0.0.1', request }

const verified = (subject: string): Authenticator => ({
  authenticate: () => Promise.resolve({ subject, expiresAt: 5, grant: () => ({ access: 'read' }) }),
})

test('the hook is asked for each room, and told everything about the connection', async () => {
  const asked: AccessRequest[] = []
  const authorize: Authorize = (wish) => {
    asked.push(wish)
    return wish.room === 'a' ? 'write' : 'none'
  }
  const principal = await hookAuthenticator(authorize).authenticate(credentials)
  expect(principal).toMatchObject({ subject: undefined, expiresAt: undefined })
  expect(await principal.grant('a')).toMatchObject({ access: 'write' })
  expect(await principal.grant('b')).toMatchObject({ access: 'none' })
  expect(asked).toEqual([
    { ...credentials, room: 'a', subject: undefined },
    { ...credentials, room: 'b', subject: undefined },
  ])
})

test('the hook may say who it is and until when', async () => {
  const grant = { access: 'read', subject: 'ada', expiresAt: 7 } as const
  const principal = await hookAuthenticator(() => Promise.resolve(grant)).authenticate(credentials)
  expect(await principal.grant('a')).toEqual(grant)
})

test('behind an authenticator, the hook decides on rooms and the token on who it is', async () => {
  const subjects: unknown[] = []
  const hook = hookAuthenticator(({ subject }) => {
    subjects.push(subject)
    return 'write'
  }, verified('ada'))
  const principal = await hook.authenticate(credentials)
  expect(principal).toMatchObject({ subject: 'ada', expiresAt: 5 })
  expect(await principal.grant('a')).toMatchObject({ access: 'write', subject: 'ada' })
  expect(subjects).toEqual(['ada'])
  const renaming = hookAuthenticator(() => ({ access: 'write', subject: 'bob' }), verified('ada'))
  await expect((await renaming.authenticate(credentials)).grant('a')).rejects.toMatchObject({ code: 'unavailable' })
})

test.each([undefined, null, true, 'admin', 7, {}, { access: true }, []])(
  'what is no access is none: %j',
  async (answer) => {
    const principal = await hookAuthenticator((() => answer) as unknown as Authorize).authenticate(credentials)
    expect(await principal.grant('a')).toMatchObject({ access: 'none' })
  },
)

test.each([
  { subject: '' },
  { subject: 7 },
  { subject: 'x'.repeat(256) },
  { expiresAt: Number.NaN },
  { expiresAt: 'x' },
])('a grant with a field that is none fails, and the client may try again: %j', async (fields) => {
  const answer = { access: 'write', ...fields }
  const principal = await hookAuthenticator((() => answer) as unknown as Authorize).authenticate(credentials)
  await expect(principal.grant('a')).rejects.toMatchObject({ name: 'AuthError', retryable: true })
})

test('without authentication everybody is nobody, and may write', async () => {
  const principal = await anonymousAuthenticator.authenticate(credentials)
  expect(principal).toMatchObject({ subject: undefined, expiresAt: undefined })
  expect(principal.grant('any')).toEqual({ access: 'write' })
})
