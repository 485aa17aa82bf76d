/** What stands in front of a client's structs in format v1, into fields: a keystroke is one client, and is read often. */
import type { ByteReader } from './byte-reader.ts'

export class ClientHead {
  /** How many structs follow, at least one. */
  count = 0
  client = 0
  /** That of the first struct. */
  clock = 0
  #seen: Set<number> | null = null

  /** Begins an update of so many clients. */
  open(clients: number): void {
    this.#seen = clients > 1 ? new Set() : null
  }

  /** Forgets which clients came. */
  close(): void {
    this.#seen = null
  }

  /** Reads the head of the next client. Throws `DecodeError`, also for a client that is listed twice or without structs. */
  read(reader: ByteReader): void {
    const start = reader.offset
    this.count = reader.count(2)
    this.client = reader.varUint()
    this.clock = reader.varUint()
    if (this.count === 0) reader.fail('invalid-value', `client ${this.client} is listed without structs`, start)
    if (this.#seen === null) return
    if (this.#seen.has(this.client)) reader.fail('invalid-value', `client ${this.client} is listed twice`, start)
    this.#seen.add(this.client)
  }
}
