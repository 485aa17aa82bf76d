import { expect, it } from 'vitest'
import { relayUrl } from './relay-url.ts'

it.each([
  ['http:', '', 'ws://demo.example:8080/sync'],
  ['https:', '', 'wss://demo.example:8080/sync'],
  ['https:', '?relay=wss://relay.example/sync', 'wss://relay.example/sync'],
  ['http:', '?relay=javascript:alert(1)', 'ws://demo.example:8080/sync'],
  ['http:', '?relay=', 'ws://demo.example:8080/sync'],
])('finds the relay for %s%s at %s', (protocol, search, url) => {
  expect(relayUrl({ protocol, host: 'demo.example:8080', search })).toBe(url)
})
