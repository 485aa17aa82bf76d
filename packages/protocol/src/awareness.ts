/**
 * Awareness updates: the ephemeral state of replicas (name, colour, cursor) in the encoding of y-protocols, which every
 * editor binding speaks. Only the bytes: who keeps states, and for how long, is the client's and the relay's affair.
 *
 * ```
 * uint n, n × { uint clientID, uint clock, string JSON }     JSON `null`: this replica is gone
 * ```
 */
import { ByteReader, ByteWriter } from '@syncline/core'
import { ProtocolLimits } from './limits.ts'

/** One replica's state. The entry with the highest clock wins; at the same clock, gone wins. */
export interface AwarenessEntry {
  readonly clientID: number
  readonly clock: number
  /** JSON text, or `null` when the replica is gone. */
  readonly state: string | null
}

/** What an entry takes beside its state, of which `null` has four bytes: two integers and a length. */
const ENTRY_BYTES_MAX = 28

export function encodeAwareness(entries: readonly AwarenessEntry[]): Uint8Array<ArrayBuffer> {
  // Large enough at once for what is ASCII, as JSON mostly is: a buffer that grew to 16 KiB has left 16 KiB behind.
  const writer = new ByteWriter(entries.reduce((sum, { state }) => sum + ENTRY_BYTES_MAX + (state?.length ?? 0), 16))
  writer.varUint(entries.length)
  for (const { clientID, clock, state } of entries) {
    writer.varUint(clientID)
    writer.varUint(clock)
    writer.string(state ?? 'null')
  }
  return writer.finish()
}

/** Decodes a whole awareness update and checks that every state is JSON, or throws `DecodeError`. */
export function decodeAwareness(payload: Uint8Array): AwarenessEntry[] {
  const reader = new ByteReader(payload)
  const count = reader.varUint()
  if (count > ProtocolLimits.awarenessEntriesMax) {
    reader.fail('limit-exceeded', `${count} replicas, ${ProtocolLimits.awarenessEntriesMax} allowed`, 0)
  }
  const entries = Array.from({ length: count }, () => readEntry(reader))
  reader.end()
  return entries
}

function readEntry(reader: ByteReader): AwarenessEntry {
  const clientID = reader.varUint()
  const clock = reader.varUint()
  const start = reader.offset
  const text = reader.string()
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    reader.fail('invalid-value', 'awareness state is not JSON', start)
  }
  return { clientID, clock, state: value === null ? null : text }
}
