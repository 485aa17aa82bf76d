import { expect, test } from 'vitest'
import { openingOf } from './opening.ts'

test('a path names the protocol, and what its URL says', () => {
  expect(openingOf('/sync')).toEqual({ endpoint: 'sync' })
  expect(openingOf('/sync?x=1')).toEqual({ endpoint: 'sync' })
  expect(openingOf('/hocuspocus?x=1')).toEqual({ endpoint: 'hocuspocus' })
  expect(openingOf('/y/notes')).toEqual({ endpoint: 'y-websocket', room: 'notes', token: undefined })
  expect(openingOf('/y/team%20a/notes/%C3%BC?a=b&token=t%2Bt')).toEqual({
    endpoint: 'y-websocket',
    room: 'team a/notes/ü',
    token: 't+t',
  })
  // The published client does not encode the name itself: what a URL may hold as it is, is a part of it.
  expect(openingOf('/y/a%2Fb//')).toMatchObject({ room: 'a/b//' })
})

test.each(['/', '/syn', '/sync/', '/hocuspocus/a', '/y', '/yy/room', '/elsewhere?/y/room'])(
  '%s is not ours',
  (target) => {
    expect(openingOf(target)).toBe('unknown')
  },
)

test.each([
  ['no room', '/y/'],
  ['half an escape', '/y/%4'],
  ['an escape that is not UTF-8', '/y/%ff'],
  ['a control character', '/y/a%00b'],
  ['a name that is too long', `/y/${'x'.repeat(513)}`],
  ['a token that is too long', `/y/room?token=${'x'.repeat(16_385)}`],
])('%s is bad', (_, target) => {
  expect(openingOf(target)).toBe('bad')
})
