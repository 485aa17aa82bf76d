import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RelayError } from '../errors.ts'
import { TrustedProxies, addressGroup, isProxy } from './client-address.ts'

const proxies = new TrustedProxies(['127.0.0.1', '::1', '10.0.0.0/8', '2001:db8:1::/48'])

test.each([
  ['no header', '127.0.0.1', undefined, '127.0.0.1'],
  ['a stranger’s header', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
  ['a proxy’s header', '127.0.0.1', '203.0.113.7', '203.0.113.7'],
  ['a proxy on a socket of both families', '::ffff:127.0.0.1', '203.0.113.7', '203.0.113.7'],
  ['a header that the client began', '127.0.0.1', '6.6.6.6, 203.0.113.7', '203.0.113.7'],
  ['a chain of proxies', '127.0.0.1', '6.6.6.6,203.0.113.7 , 10.1.2.3, 2001:db8:1::5', '203.0.113.7'],
  ['several headers', '::1', ['6.6.6.6', '203.0.113.7, 10.1.2.3'], '203.0.113.7'],
  ['nobody but proxies', '127.0.0.1', '10.0.0.2, 10.0.0.3', '10.0.0.2'],
  ['ports', '127.0.0.1', '203.0.113.7:4711', '203.0.113.7'],
  ['ports of IPv6', '127.0.0.1', '[2001:db8::7]:4711, 10.0.0.1:80', '2001:db8::7'],
  ['an empty header', '127.0.0.1', '', '127.0.0.1'],
  ['no address', '127.0.0.1', 'unknown', '127.0.0.1'],
  ['no address behind a proxy', '127.0.0.1', 'localhost, 10.0.0.1', '10.0.0.1'],
  ['no address behind two proxies', '127.0.0.1', '6.6.6.6, unknown, 2001:db8:1::5, 10.0.0.1', '2001:db8:1::5'],
  ['rubbish that the client began with', '127.0.0.1', ']]:%,,, 203.0.113.7', '203.0.113.7'],
  ['an octal notation', '127.0.0.1', '0177.0.0.1', '127.0.0.1'],
  ['a zone of no interface', '127.0.0.1', 'fe80::1%a.b, 10.0.0.1', '10.0.0.1'],
  ['a number', '127.0.0.1', '2130706433', '127.0.0.1'],
  ['a socket that is gone', 'unknown', '203.0.113.7', 'unknown'],
])('the client behind %s', (_, socket, header, client) => {
  expect(proxies.clientAddress(socket, header)).toBe(client)
})

/** Any text, and most often one that looks like addresses. Not of fast-check's own units, which take seconds to make. */
const anyText = fc
  .array(
    fc.oneof(
      fc.constantFrom('127.0.0.1', '10.0.0.1', '2001:db8:1::5', '::ffff:', ...'0123456789abcdef.:,[]% "'.split('')),
      fc.nat(0xffff).map((unit) => String.fromCodePoint(unit)),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''))

test('nothing that a client sends makes it fail, or be what it claims', () => {
  fc.assert(
    fc.property(anyText, (claimed) => {
      expect(proxies.clientAddress('127.0.0.1', `${claimed},203.0.113.7`)).toBe('203.0.113.7')
      expect(typeof proxies.clientAddress('127.0.0.1', claimed)).toBe('string')
      expect(proxies.clientAddress('203.0.113.9', claimed)).toBe('203.0.113.9')
      expect(typeof addressGroup(claimed)).toBe('string')
    }),
  )
})

test('an IPv6 client is its network of 64 bits, an IPv4 client its address', () => {
  const group = addressGroup('2001:db8:1:2:3:4:5:6')
  expect(addressGroup('2001:db8:1:2::')).toBe(group)
  expect(addressGroup('2001:db8:1:3::')).not.toBe(group)
  expect(addressGroup('fe80::1%eth0')).toBe(addressGroup('fe80::2'))
  expect(addressGroup('::ffff:192.0.2.1')).toBe('192.0.2.1')
  expect(addressGroup('192.0.2.1')).not.toBe(addressGroup('192.0.2.2'))
  expect(addressGroup('unknown')).toBe('unknown')
})

test.each(['', 'proxy.example', '10.0.0.0/33', '::/129', '10.0.0.0/8/8', '10.0.0.0/', '10.0.0/8', '10.0.0.0/-1'])(
  '%j names no proxy',
  (text) => {
    expect(isProxy(text)).toBe(false)
    expect(() => new TrustedProxies([text])).toThrow(RelayError)
  },
)

test('a subnet of 0 bits is everybody of its family', () => {
  const all = new TrustedProxies(['0.0.0.0/0'])
  expect(all.clientAddress('192.0.2.1', '192.0.2.2')).toBe('192.0.2.2')
  expect(all.clientAddress('2001:db8::1', '192.0.2.2')).toBe('2001:db8::1')
})
