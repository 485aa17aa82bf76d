import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { OperatorAccess } from './operator-access.ts'

function requestWith(headers: Record<string, string>, remoteAddress = '127.0.0.1'): IncomingMessage {
  const socket = { remoteAddress, localAddress: remoteAddress }
  return { headers: { host: 'localhost:4455', ...headers }, socket } as unknown as IncomingMessage
}

test('without a token the operator is whoever sits at this machine', () => {
  const access = new OperatorAccess(undefined, true)
  for (const host of ['localhost:4455', '127.0.0.1:4455', '[::1]:4455', '127.0.0.1']) {
    expect(access.admits(requestWith({ host }))).toBe(true)
    expect(access.admits(requestWith({ host, origin: `http://${host}` }))).toBe(true)
  }
  expect(access.admits(requestWith({ host: '[::1]' }, '::1'))).toBe(true)
  expect(access.admits(requestWith({}, '::ffff:127.0.0.1'))).toBe(true)
})

test.each([
  ['another machine', {}, '192.168.0.7'],
  ['a name that was made to point here', { host: 'evil.example:4455' }, undefined],
  ['no host', { host: '' }, undefined],
  ['a host that is none', { host: 'a b' }, undefined],
  ['a page from elsewhere', { origin: 'https://evil.example' }, undefined],
  ['a page of another port', { origin: 'http://localhost:8080' }, undefined],
  ['a page without an origin', { origin: 'null' }, undefined],
  ['a proxy’s client', { 'x-forwarded-for': '192.168.0.7' }, undefined],
  ['a client of another proxy', { forwarded: 'for=192.168.0.7' }, undefined],
  ['an image of a page from elsewhere', { 'sec-fetch-site': 'cross-site' }, undefined],
])('without a token, %s is not the operator', (_, headers, address) => {
  expect(new OperatorAccess(undefined, true).admits(requestWith(headers, address))).toBe(false)
})

test('on a relay with authorization nobody is the operator without a token', () => {
  expect(new OperatorAccess(undefined, false).admits(requestWith({}))).toBe(false)
  expect(new OperatorAccess('s3cret', false).admits(requestWith({ authorization: 'Bearer s3cret' }))).toBe(true)
})

test('with a token the operator is whoever has it, from anywhere, and nobody else', () => {
  const access = new OperatorAccess('s3cret', true)
  expect(access.admits(requestWith({ authorization: 'Bearer s3cret' }, '192.168.0.7'))).toBe(true)
  expect(access.admits(requestWith({ authorization: 'bearer  s3cret', host: 'relay.example' }))).toBe(true)
  for (const authorization of ['Bearer s3cre', 'Bearer s3crets', 'Bearer ', 'Basic s3cret', 's3cret', '']) {
    expect(access.admits(requestWith({ authorization }))).toBe(false)
  }
  expect(access.admits(requestWith({}))).toBe(false)
})
