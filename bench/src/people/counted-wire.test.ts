import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { CountedWire } from './counted-wire.ts'

it('passes everything on, both ways, and counts it', async () => {
  const server = createServer((socket) => socket.once('data', () => socket.end('an answer'))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  {
    await using wire = await CountedWire.open(`ws://127.0.0.1:${port}/path`)
    expect(new URL(wire.url).pathname).toBe('/path')
    const socket = connect(Number(new URL(wire.url).port), '127.0.0.1')
    socket.write('a question')
    let answer = ''
    for await (const bytes of socket) answer += String(bytes)
    expect(answer).toBe('an answer')
    expect([wire.bytesUp, wire.bytesDown]).toEqual([10, 9])
  }
  server.close()
})

it('has an address without a slash at its end for a server that has such', async () => {
  await using wire = await CountedWire.open('ws://127.0.0.1:9')
  expect(wire.url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/)
})
