/**
 * Where epochs come from. An epoch names one stretch of one room's history for ever, over all logs and their restored
 * copies; nobody hands them out, so they are random: with 53 bits, a thousand million epochs of a room collide with a
 * chance of 1 in 10^7 per further one.
 */
import { randomBytes } from 'node:crypto'

/** Returns an epoch never returned before: an integer in 1 … 2^53 − 1. */
export type EpochSource = () => number

/** Epochs from the system's entropy. */
export const randomEpoch: EpochSource = () => {
  const bytes = randomBytes(7)
  // 21 high bits and 32 low ones: 53 bits, which is all that a number holds exactly.
  const high = bytes.readUIntBE(0, 3) & 0x1f_ffff
  const low = bytes.readUInt32BE(3)
  return Math.max(1, high * 2 ** 32 + low)
}
