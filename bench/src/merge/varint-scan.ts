/** Reading bytes as varints and doing nothing with them: about the least that anything can do that looks at every byte of an update. */

export interface VarintScan {
  readonly varints: number
  /** Of their values, modulo 2^32: it keeps the compiler from leaving them out. */
  readonly sum: number
}

/** Reads all bytes of all updates as one varint after the other, strings included. Allocates nothing. */
export function scanVarints(updates: readonly Uint8Array[]): VarintScan {
  let varints = 0
  let sum = 0
  for (const bytes of updates) {
    const { length } = bytes
    let at = 0
    while (at < length) {
      let byte = bytes[at++]!
      let value = byte & 127
      for (let shift = 7; byte > 127 && at < length; shift += 7) {
        byte = bytes[at++]!
        value |= (byte & 127) << shift
      }
      sum = (sum + value) | 0
      varints++
    }
  }
  return { varints, sum }
}
