/**
 * Recognising the next keystroke by its bytes. Who types on makes updates that are alike: each is the one before it with both of its
 * clocks one higher, and another character. So it is compared with the last one, at about the cost of reading its bytes, and not
 * parsed at all:
 *
 *     1, 1, client, clock + 1, info, client, clock, [right origin], 1, character, 0
 *
 * Whatever differs otherwise, or is not ASCII, or carries into the second byte of a clock (each 128th does), is left to the ordinary way.
 */
import { NO_CLIENT } from './id.ts'
import { varUintWidth } from './byte-writer.ts'
import * as ContentKind from './content-kind.ts'
import type { StructLog } from './struct-log.ts'
import type { StructScan } from './struct-scan.ts'

/** With the longest IDs of three clients, clocks included. */
const UPDATE_BYTES_MAX = 2 + 3 * 16 + 1 + 3

/** A run that begins below never reaches a clock that is no safe integer: it ends at the next carry. */
const CLOCK_MAX = Number.MAX_SAFE_INTEGER - 256

/** What a byte of a clock holds, apart from the bit that says that another follows. */
const CLOCK_BITS = 0x7f

const noBytes = new Uint8Array(0)

export class TypingRun {
  /** The log that the run is appended to; null if there is no run. */
  #log: StructLog | null = null
  /** The update that is next if the run goes on, apart from its character. */
  #update = noBytes
  #length = 0
  #clockAt = 0
  #originClockAt = 0
  /** Where the log ends if nothing else was appended to it. */
  #end = 0

  /** Appends an update to the log if it is the next keystroke of the run. False if it is anything else; then nothing has changed. */
  append(update: Uint8Array): boolean {
    const log = this.#log
    const length = this.#length
    if (log === null || update.length !== length || log.end !== this.#end) return false
    const next = this.#update
    const characterAt = length - 2
    const character = update[characterAt]!
    // Without branches: nearly always all bytes are the same.
    let difference = (character & 0x80) | update[length - 1]!
    for (let at = 0; at < characterAt; at++) difference |= update[at]! ^ next[at]!
    if (difference !== 0) return false
    log.growByCharacter(character)
    this.#end++
    this.#raiseClocks()
    return true
  }

  /** Begins a run with the update that `scan` has read, and that was appended to `log`, if it can be the beginning of one. */
  begin(update: Uint8Array, scan: StructScan, log: StructLog): void {
    const { client, clock, rightClient, rightClock } = scan
    if (scan.originClient !== client || scan.originClock !== clock - 1 || scan.kind !== ContentKind.string) return
    if (scan.payloadEnd - scan.content.payloadAt !== 1 || clock > CLOCK_MAX) return
    const clockAt = 2 + varUintWidth(client)
    const originClockAt = clockAt + varUintWidth(clock) + 1 + varUintWidth(client)
    const right = rightClient === NO_CLIENT ? 0 : varUintWidth(rightClient) + varUintWidth(rightClock)
    const length = originClockAt + varUintWidth(clock - 1) + right + 3
    // Numbers may be written in more bytes than they need: then clocks are not where they are looked for.
    if (update.length !== length) return
    if (this.#update.length === 0) this.#update = new Uint8Array(UPDATE_BYTES_MAX)
    for (let at = 0; at < length; at++) this.#update[at] = update[at]!
    this.#log = log
    this.#length = length
    this.#clockAt = clockAt
    this.#originClockAt = originClockAt
    this.#end = log.end
    this.#raiseClocks()
  }

  /** Forgets the run. Appending to its log ends it anyway; whoever cuts or replaces the log must call this. */
  stop(): void {
    this.#log = null
  }

  /** Makes the last update of the run the next one. It ends where a clock would carry into its second byte. */
  #raiseClocks(): void {
    const update = this.#update
    const clockByte = update[this.#clockAt]!
    const originClockByte = update[this.#originClockAt]!
    if ((clockByte & CLOCK_BITS) === CLOCK_BITS || (originClockByte & CLOCK_BITS) === CLOCK_BITS) return this.stop()
    update[this.#clockAt] = clockByte + 1
    update[this.#originClockAt] = originClockByte + 1
  }
}
