import { mergeUpdates } from '@syncline/core'
import { describe, expect, it } from 'vitest'
import { keystrokeUpdates } from '../workloads/keystrokes.ts'
import { generateTrace } from '../workloads/generated-trace.ts'
import type { Member } from './member.ts'
import { RoomLoad } from './room-load.ts'
import type { RelaySubject } from './subjects.ts'

const updates = keystrokeUpdates(generateTrace(1, 50).edits)

/** What a relay does wrong: by default, nothing. */
interface Fault {
  /** What a reader gets for the push with this number. */
  readonly deliver?: (update: Uint8Array, push: number) => Uint8Array
  /** What is stored of all pushes. */
  readonly store?: (updates: readonly Uint8Array[]) => readonly Uint8Array[]
  /** The push at which the writer's connection breaks. */
  readonly breakAt?: number
}

/** A relay without a wire: it answers in the next microtask. */
function relayWith({ deliver = (update) => update, store = (all) => all, breakAt }: Fault = {}): RelaySubject {
  const readers: { member: Member; updates: Uint8Array[] }[] = []
  const pushed: Uint8Array[] = []
  return {
    subject: 'a relay',
    stores: true,
    usage: async () => ({ cpuMs: 0, flushes: 0, entries: 0 }),
    async join(_room, role) {
      const received: Uint8Array[] = []
      let fail: (error: Error) => void = () => {}
      const failed = new Promise<never>((_, reject) => {
        fail = reject
      })
      failed.catch(() => {})
      const member: Member = {
        listener: {},
        updates: received,
        failed,
        push(update) {
          const push = pushed.push(update)
          if (push === breakAt) return fail(new Error('the connection broke'))
          queueMicrotask(() => {
            for (const reader of readers) {
              reader.updates.push(deliver(update, push))
              reader.member.listener.received?.(push)
            }
            member.listener.acked?.(push)
          })
        },
        close: async () => {},
      }
      if (role === 'reader') {
        if (pushed.length > 0) received.push(mergeUpdates(store(pushed)))
        readers.push({ member, updates: received })
      }
      return member
    },
    [Symbol.asyncDispose]: async () => {},
  }
}

async function pushAll(relay: RelaySubject): Promise<RoomLoad> {
  const load = await RoomLoad.open(relay, 'room', 2, updates)
  load.onAck = () => {
    if (load.hasNext) load.pushNext()
  }
  load.pushNext()
  await load.settled()
  return load
}

describe('a room under load', () => {
  it('settles when every push is acknowledged and with every reader', async () => {
    const load = await pushAll(relayWith())
    expect([load.acked, load.unacked, load.hasNext]).toEqual([50, 0, false])
    expect(load.arrivalDelays).toHaveLength(50)
    expect(load.ackDelays).toHaveLength(50)
    await load.verify()
  })

  it('notices a reader that got something else than was pushed', async () => {
    const load = await pushAll(relayWith({ deliver: (update, push) => (push === 20 ? updates[0]! : update) }))
    await expect(load.verify()).rejects.toThrow('a reader has something else')
  })

  it('notices that something acknowledged was not stored', async () => {
    const load = await pushAll(relayWith({ store: (all) => all.slice(0, -1) }))
    await expect(load.verify()).rejects.toThrow('what is stored')
  })

  it('fails when a connection does', async () => {
    await expect(pushAll(relayWith({ breakAt: 10 }))).rejects.toThrow('the connection broke')
  })
})
