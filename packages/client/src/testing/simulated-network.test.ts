import { beforeEach, describe, expect, test } from 'vitest'
import type { Link } from '../connection/transport.ts'
import { ManualScheduler } from '../manual-scheduler.fixture.ts'
import { SimulatedNetwork, type ServerEnd } from './simulated-network.ts'

let scheduler: ManualScheduler
let network: SimulatedNetwork
let heard: string[]
let server: ServerEnd | undefined

const frame = (byte: number): Uint8Array<ArrayBuffer> => Uint8Array.of(byte)

beforeEach(() => {
  scheduler = new ManualScheduler()
  network = new SimulatedNetwork({ scheduler, latencyMs: () => 10 })
  heard = []
  server = undefined
  network.listen((end) => {
    server = end
    return {
      frame: ([byte]) => void heard.push(`server hears ${byte}`),
      closed: () => void heard.push('server is told of the end'),
    }
  })
})

function connect(): Link {
  return network.transport('ada', scheduler).connect('anywhere', {
    opened: () => void heard.push('open'),
    frame: ([byte]) => void heard.push(`client hears ${byte}`),
    malformed: () => undefined,
    closed: (code) => void heard.push(`client is told of the end, ${code}`),
  })
}

async function opened(): Promise<Link> {
  const link = connect()
  await scheduler.advance(20)
  expect(heard.splice(0)).toEqual(['open'])
  return link
}

describe('a line', () => {
  test('carries frames both ways, in order, each after its latency, and counts what is in flight', async () => {
    const link = await opened()
    link.send(frame(1))
    link.send(frame(2))
    server!.send(frame(3))
    expect([link.backlogBytes, server!.bufferedBytes]).toEqual([2, 1])
    await scheduler.advance(9)
    expect(heard).toEqual([])
    await scheduler.advance(1)
    expect([...heard].sort()).toEqual(['client hears 3', 'server hears 1', 'server hears 2'])
    expect([link.backlogBytes, server!.bufferedBytes, server!.receivedBytes]).toEqual([0, 0, 2])
  })

  test('ends for both, after what was sent before, whoever ends it', async () => {
    const link = await opened()
    link.send(frame(1))
    link.close(1000, '')
    link.send(frame(2))
    await scheduler.advance(100)
    expect(heard.splice(0)).toEqual(['server hears 1', 'server is told of the end'])
    await opened()
    server!.send(frame(3))
    server!.close(1001, '')
    await scheduler.advance(100)
    expect(heard).toEqual(['client hears 3', 'client is told of the end, 1001', 'server is told of the end'])
  })

  test('that is cut loses what is in flight, and tells whom it is said to tell', async () => {
    const link = await opened()
    for (const byte of [1, 2, 3]) link.send(frame(byte))
    network.cut('ada', 'client', 1)
    link.send(frame(4))
    server!.send(frame(5))
    await scheduler.advance(100)
    expect(heard).toEqual(['server hears 1', 'client is told of the end, 1006'])
  })

  test('that is paused by the server waits at its end', async () => {
    const link = await opened()
    server!.pause()
    link.send(frame(1))
    await scheduler.advance(100)
    expect(heard).toEqual([])
    server!.resume()
    await scheduler.advance(0)
    expect(heard).toEqual(['server hears 1'])
  })
})

test('a partition refuses new lines, and holds what is sent over those there are until it ends', async () => {
  const link = await opened()
  network.partition('ada')
  link.send(frame(1))
  connect()
  await scheduler.advance(100)
  expect(heard.splice(0)).toEqual(['client is told of the end, 1006'])
  network.rejoin('ada')
  await scheduler.advance(0)
  expect(heard).toEqual(['server hears 1'])
})

test('where nobody listens, connecting fails', async () => {
  network = new SimulatedNetwork({ scheduler })
  connect()
  await scheduler.advance(0)
  expect(heard).toEqual(['client is told of the end, 1006'])
})
