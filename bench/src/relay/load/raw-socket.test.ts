import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import { afterEach, describe, expect, it } from 'vitest'
import { RawSocket, clientFrame } from './raw-socket.ts'

describe('RawSocket', () => {
  let server: WebSocketServer | undefined

  afterEach(() => {
    for (const socket of server?.clients ?? []) socket.terminate()
    server?.close()
  })

  async function serve(): Promise<string> {
    server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
    await once(server, 'listening')
    return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/room`
  }

  it('gets messages of every length as they were sent, however they are cut on their way', async () => {
    const url = await serve()
    const lengths = [0, 1, 125, 126, 65_535, 65_536, 1_000_000, 3]
    const sent = lengths.map((length, index) => Buffer.alloc(length, index + 1))
    server!.on('connection', (socket: WebSocket) => {
      for (const message of sent) socket.send(message)
    })
    const received: Buffer[] = []
    let all = (): void => {}
    const complete = new Promise<void>((resolve) => (all = resolve))
    const socket = await RawSocket.open(url, undefined, (bytes, start, end) => {
      received.push(Buffer.from(bytes.subarray(start, end)))
      if (received.length === sent.length) all()
    })
    await complete
    expect(received.map((message) => message.length)).toEqual(lengths)
    expect(Buffer.concat(received).equals(Buffer.concat(sent))).toBe(true)
    await socket.close()
    expect(socket.failure).toBeUndefined()
  })

  it('sends what a server understands', async () => {
    const url = await serve()
    const echoed: number[] = []
    server!.on('connection', (socket: WebSocket) => socket.on('message', (message: Buffer) => socket.send(message)))
    let all = (): void => {}
    const complete = new Promise<void>((resolve) => (all = resolve))
    const socket = await RawSocket.open(url, undefined, (_, start, end) => {
      if (echoed.push(end - start) === 3) all()
    })
    socket.send(Buffer.concat([5, 300, 70_000].map((length) => clientFrame(new Uint8Array(length)))))
    await complete
    expect(echoed).toEqual([5, 300, 70_000])
    await socket.close()
  })

  it('says why the server ended the connection', async () => {
    const url = await serve()
    server!.on('connection', (socket: WebSocket) => socket.close(4401, 'no token'))
    const socket = await RawSocket.open(url, undefined, () => {})
    expect(await socket.ended).toContain('4401 no token')
    expect(socket.failure).toContain('4401')
  })
})
