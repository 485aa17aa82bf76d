/** B3: many replicas do one thing each without hearing of each other; measured is one replica that gets all of their updates at once. */
import { isDeepStrictEqual } from 'node:util'
import type { Content } from '../subjects/content.ts'
import type { Json, Replica } from '../subjects/subject.ts'
import type { Scenario } from './scenario.ts'

/** Any that a library does not keep for itself. */
const FIRST_CLIENT_ID = 1_000_000

/** With `n` as the others have it, twenty times its root: 1549 clients for 6000. */
export function manyWriters(n: number): Scenario[] {
  const clients = Math.floor(Math.sqrt(n) * 20)
  const object = (client: number): Json => ({ name: `client ${client}`, address: `here ${client}` })
  const string = (client: number): Json => `the string of client ${client}`.repeat(4)
  return [
    setKey('B3.1 many set a number', clients, (client) => client),
    setKey('B3.2 many set an object', clients, object),
    setKey('B3.3 many set a string', clients, string),
    {
      name: 'B3.4 many insert at one place',
      ...common(clients, (replica, client) => replica.insertValues(0, [`${client}`])),
      isRight: ({ values }) => values.length === clients && new Set(values).size === clients,
    },
  ]
}

function setKey(name: string, clients: number, valueOf: (client: number) => Json): Scenario {
  const values = Array.from({ length: clients }, (_, client) => valueOf(client))
  return {
    name,
    ...common(clients, (replica, client) => replica.setKey('key', valueOf(client))),
    // Objects come back with their keys in any order.
    isRight: ({ keys }: Content) => values.some((value) => isDeepStrictEqual(value, keys['key'])),
  }
}

function common(clients: number, write: (replica: Replica, client: number) => void) {
  return {
    timesAtLeast: 20,
    prepare: (subject) => {
      const updates: Uint8Array[] = []
      for (let client = 0; client < clients; client++) {
        const replica = subject.create(FIRST_CLIENT_ID + client)
        replica.onUpdate((update) => updates.push(update))
        write(replica, client)
        replica.free()
      }
      const updateBytes = updates.reduce((sum, { length }) => sum + length, 0)
      return () => {
        const replica = subject.create(FIRST_CLIENT_ID + clients)
        replica.applyUpdates(updates)
        return { replicas: [replica], updateBytes }
      }
    },
  } satisfies Partial<Scenario>
}
