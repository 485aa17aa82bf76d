/** What 64 hostile inputs do to a server: whether its process ends, whether it says that it took them, whether it keeps any of it. */
import { mergeUpdates, updateIds } from '@syncline/core'
import { setTimeout as sleep } from 'node:timers/promises'
import { OURS, type Metric } from '../../harness/bench.ts'
import { measure } from '../../harness/measure.ts'
import { hostileInputs, type HostileInput } from '../load/hostile-inputs.ts'
import { LoadClient } from '../load/load-client.ts'
import type { WiredContender } from '../servers/contenders.ts'
import { running, type Fleet } from '../servers/fleet.ts'
import type { ServerProcess } from '../servers/server-process.ts'
import type { Row } from './row.ts'

/** How long an input works on before the next one. */
const WORKS_FOR_MS = 60
/** A room that cannot be joined for so long is lost to everybody. */
const JOIN_TIMEOUT_MS = 3000

const metrics: readonly Metric[] = [
  { name: 'crashes', unit: 'count', better: 'lower' },
  { name: 'false acks', unit: 'count', better: 'lower' },
  { name: 'junk stored', unit: 'count', better: 'lower' },
]

export const hostileRow: Row = {
  name: () => `${hostileInputs().length} hostile inputs`,
  metrics,
  targets: metrics.map(({ name }) => ({ metric: name, atMost: 0 })),
  async run(context, task) {
    const { fleet, contenders } = context
    await fleet.endShared()
    const runners = contenders
      // Who crashes is started anew and anew, which takes a quick run too long; that ours does not is worth its time.
      .filter(({ stores, subject }) => stores && (context.scale === 'full' || subject === OURS))
      .map((contender) => ({ subject: contender.subject, round: () => attack(fleet, contender) }))
    return measure(task, metrics, runners, 1, context)
  },
}

/** Inputs that are tried at once. When the server ends under them, each is tried alone, to know which did it. */
const AT_ONCE = 16

interface Outcome {
  readonly crashed: boolean
  readonly acknowledged: boolean
  readonly junk: boolean
}

async function attack(fleet: Fleet, contender: WiredContender): Promise<Record<string, number>> {
  const target = new Target(fleet, contender, await fleet.newStore())
  try {
    const inputs = hostileInputs()
    const outcomes: Outcome[] = []
    for (let start = 0; start < inputs.length; start += AT_ONCE) {
      const group = inputs.slice(start, start + AT_ONCE)
      const together = await target.try(group)
      if (together.every(({ crashed }) => !crashed)) outcomes.push(...together)
      else for (const input of group) outcomes.push(...(await target.try([input])))
    }
    const count = (what: keyof Outcome): number => outcomes.filter((outcome) => outcome[what]).length
    return { crashes: count('crashed'), 'false acks': count('acknowledged'), 'junk stored': count('junk') }
  } finally {
    await target.close()
  }
}

/** A server that is started again on its store when it has ended. */
class Target {
  readonly #fleet: Fleet
  readonly #contender: WiredContender
  readonly #store: string
  #server: ServerProcess | undefined
  #rooms = 0

  constructor(fleet: Fleet, contender: WiredContender, store: string) {
    this.#fleet = fleet
    this.#contender = contender
    this.#store = store
  }

  /** Tries these inputs at once, each in a room that nobody has used. */
  async try(inputs: readonly HostileInput[]): Promise<Outcome[]> {
    const server = await this.#running()
    const tried = inputs.map((input) => ({ input, room: `room ${this.#rooms++}` }))
    const taken = await Promise.all(tried.map(({ input, room }) => takes(server, this.#contender, room, input)))
    await sleep(WORKS_FOR_MS)
    let crashed = !server.running
    let after = await this.#running()
    let found = await Promise.all(tried.map(({ room }) => look(after, this.#contender, room)))
    if (!after.running) {
      crashed = true
      after = await this.#running()
      found = await Promise.all(tried.map(({ room }) => look(after, this.#contender, room)))
    }
    return found.map((what, index) => ({ crashed, acknowledged: taken[index]!, junk: what !== 'nothing' }))
  }

  async close(): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]()
  }

  async #running(): Promise<ServerProcess> {
    if (this.#server?.running !== true) this.#server = await this.#fleet.startAt(this.#contender, this.#store)
    return this.#server
  }
}

/** Sends the input in a room that nobody has used. Returns whether the server said that it took it, or gave it to others. */
async function takes(
  server: ServerProcess,
  contender: WiredContender,
  room: string,
  input: HostileInput,
): Promise<boolean> {
  const place = running(contender, server)
  const clients: LoadClient[] = []
  let delivered = false
  try {
    const client = await LoadClient.join(place, room, JOIN_TIMEOUT_MS)
    clients.push(client)
    const witness = await LoadClient.join(place, room, JOIN_TIMEOUT_MS)
    clients.push(witness)
    witness.onUpdate = () => {
      delivered = true
    }
    client.sendHostile(input)
    await sleep(WORKS_FOR_MS)
    return client.accepted > 0 || delivered
  } catch {
    // The server ended under another input.
    return false
  } finally {
    for (const client of clients) client.destroy()
  }
}

/** What somebody gets who joins the room afterwards. */
async function look(
  server: ServerProcess,
  contender: WiredContender,
  room: string,
): Promise<'nothing' | 'something' | 'no room'> {
  try {
    const late = await LoadClient.join(running(contender, server), room, JOIN_TIMEOUT_MS)
    await late.close()
    const { structs, deletes } = updateIds(mergeUpdates(late.stored))
    return structs.isEmpty && deletes.isEmpty ? 'nothing' : 'something'
  } catch {
    // Refused, too late, or not an update: the room is no use to anybody.
    return 'no room'
  }
}
