/** The connection's port in memory, for tests. */
import { decodeRelayFrame, type RelayMessage } from '@syncline/protocol'
import type { FrameSocket } from './frame-socket.ts'

/** A socket in memory, whose network takes what it is sent only when the test says so. */
export class HeldSocket implements FrameSocket {
  readonly address: string
  readonly messages: RelayMessage[] = []
  bufferedBytes = 0
  takenBytes = 0
  receivedBytes = 0
  partBytes = 0
  paused = false
  closed: number | undefined
  terminated = false
  pings = 0
  #unsent: { bytes: number; onSent: () => void }[] = []
  #waiting: (() => void)[] = []

  constructor(address = '127.0.0.1') {
    this.address = address
  }

  send(frame: Uint8Array, onSent: () => void): void {
    this.messages.push(...decodeRelayFrame(frame))
    this.bufferedBytes += frame.length
    this.#unsent.push({ bytes: frame.length, onSent })
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** The network takes everything. */
  flush(): void {
    for (const { bytes, onSent } of this.#unsent.splice(0)) {
      this.bufferedBytes -= bytes
      this.takenBytes += bytes
      onSent()
    }
  }

  ping(): void {
    this.pings++
  }

  close(code: number): void {
    this.closed = code
  }

  terminate(): void {
    this.terminated = true
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
  }

  async next<T extends RelayMessage['type']>(type: T): Promise<RelayMessage & { type: T }> {
    for (;;) {
      const found = this.messages.findIndex((message) => message.type === type)
      if (found !== -1) return this.messages.splice(found, 1)[0] as RelayMessage & { type: T }
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }
}
