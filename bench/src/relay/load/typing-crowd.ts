/** People who type in many rooms, two in each, as most rooms are used. Each gets what the other types, and all of it is checked. */
import { author, FIRST_CLIENT_ID, type Authored } from './authored.ts'
import type { Crowd } from './crowd.ts'
import { until } from './flood.ts'
import { closeClients, joinAll, type Endpoint, type LoadClient } from './load-client.ts'
import { Reading } from './reading.ts'

const TICK_MS = 5
const SETTLES_WITHIN_MS = 30_000

export class TypingCrowd implements Crowd {
  readonly #subject: string
  readonly #clients: readonly LoadClient[]
  readonly #frames: readonly (readonly Buffer[])[]
  /** What each client has of what its neighbour typed. */
  readonly #readings: readonly Reading[]
  readonly #keystrokesPerSecond: number
  /** Keystrokes of all people. They take turns. */
  #pressed = 0
  #timer: NodeJS.Timeout | undefined

  private constructor(
    subject: string,
    clients: readonly LoadClient[],
    people: readonly Authored[],
    keystrokesPerSecond: number,
  ) {
    this.#subject = subject
    this.#clients = clients
    this.#keystrokesPerSecond = keystrokesPerSecond
    this.#readings = clients.map((client, index) => {
      const reading = new Reading(people[1 - (index & 1)]!)
      const own = new Reading(people[index & 1]!)
      client.onUpdate = (bytes, start, end) => {
        // Some wires return to a writer what it wrote.
        if (own.isNext(bytes, start, end)) return own.take(bytes, start, end)
        reading.take(bytes, start, end)
      }
      return reading
    })
    this.#frames = clients.map((client, index) => client.encodePushes(people[index & 1]!))
  }

  /** Two people in each of so many rooms that nobody has used; none of them can press more than so many keys. */
  static async join(
    endpoint: Endpoint,
    room: string,
    rooms: number,
    keystrokesMax: number,
    keystrokesPerSecond: number,
  ): Promise<TypingCrowd> {
    // The same two everywhere.
    const people = [FIRST_CLIENT_ID, FIRST_CLIENT_ID + 1].map((clientID) => author(clientID, keystrokesMax))
    const clients = await joinAll(endpoint, rooms * 2, (index) => `${room} ${index >> 1}`)
    return new TypingCrowd(endpoint.subject, clients, people, keystrokesPerSecond)
  }

  async press(keystrokes: number): Promise<void> {
    const end = this.#pressed + keystrokes * this.#clients.length
    await new Promise<void>((resolve) => this.#pressUpTo(end, resolve))
  }

  async start(): Promise<void> {
    this.#pressUpTo(this.#frames[0]!.length * this.#clients.length, () => {})
  }

  async settle(): Promise<number> {
    clearInterval(this.#timer)
    await until(
      () => this.#readings.every(({ upTo }, index) => upTo >= this.#pressedBy(index ^ 1)),
      `${this.#subject}: delivery of what ${this.#clients.length} people typed`,
      SETTLES_WITHIN_MS,
      this.#clients,
      () => this.#readings.reduce((sum, { upTo }) => sum + upTo, 0),
    )
    const verified = new Set<string>()
    for (const reading of this.#readings) reading.verify(this.#subject, verified)
    return this.#pressed
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await closeClients(this.#clients)
  }

  /** Evenly over time. What is late is made up for: the pace does not wait for a server. */
  #pressUpTo(end: number, done: () => void): void {
    const first = this.#pressed
    const start = performance.now()
    const perSecond = this.#keystrokesPerSecond * this.#clients.length
    this.#timer = setInterval(() => {
      const due = Math.min(end, first + ((performance.now() - start) / 1000) * perSecond)
      while (this.#pressed < due) {
        const client = this.#pressed % this.#clients.length
        this.#clients[client]!.send(this.#frames[client]![Math.floor(this.#pressed / this.#clients.length)]!)
        this.#pressed++
      }
      if (this.#pressed < end) return
      clearInterval(this.#timer)
      done()
    }, TICK_MS)
  }

  #pressedBy(client: number): number {
    return Math.ceil((this.#pressed - client) / this.#clients.length)
  }
}
