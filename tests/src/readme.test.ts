/** The example on the README's first screen runs as it stands there, against a real relay. */
import { readFileSync } from 'node:fs'
import { createRelay, MemoryLog } from '@syncline/relay'
import { MemoryDeviceStore, Syncline, type Room, type SynclineOptions } from 'syncline'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

test('the example of the README ends with an edit that is durable at the relay', async () => {
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1]
  expect(example).toBeDefined()
  const relay = createRelay({ log: new MemoryLog(), port: 0, onEvent: () => {} })
  await relay.open()
  const opened: Syncline[] = []
  const shown: Room['status'][] = []
  /** What a browser has by itself, Node 20 is given: sockets, and a place to keep things. */
  class SynclineHere extends Syncline {
    constructor(options: SynclineOptions) {
      super({ ...options, url: `${relay.url}/sync`, WebSocket, store: new MemoryDeviceStore() })
      opened.push(this)
    }
  }
  try {
    const body = example!.replace(/^import .*\n/, '')
    // oxlint-disable-next-line typescript/no-implied-eval -- the text to run is our own README
    const run = new Function('Syncline', 'render', `return (async () => {${body}; return room})()`) as (
      client: new (options: SynclineOptions) => Syncline,
      render: (status: Room['status']) => void,
    ) => Promise<Room>
    const room = await run(SynclineHere, (status) => shown.push(status))
    expect(room.status.latestEdit).toBe('relay')
    room.doc.getText('body').insert(0, 'once more, ')
    await room.whenAcked()
    expect(shown.length).toBeGreaterThan(0)
  } finally {
    for (const sync of opened) await sync.close()
    await relay.close()
  }
})
