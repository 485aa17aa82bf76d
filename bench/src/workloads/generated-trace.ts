/**
 * A trace for everybody who has no recorded one: an author who types in bursts, deletes, and jumps. The numbers below are
 * those of the recorded trace automerge-paper (259,778 keystrokes): how long its bursts of typing and of deleting are, how often
 * a burst starts elsewhere, and how far away. Not in it: what the words are, and anything that a longer memory than one burst shows.
 */
import { Random } from './random.ts'
import { replay } from './replay.ts'
import type { Edit, Trace } from './trace.ts'

/** A distribution by its quantiles: the share of values up to each value. */
type Quantiles = readonly (readonly [share: number, value: number])[]

/** Keystrokes in a burst of typing; the mean is 29. */
const typedLength: Quantiles = [
  [0, 1],
  [0.25, 2],
  [0.5, 9],
  [0.75, 33],
  [0.9, 81],
  [0.99, 233],
  [1, 500],
]
/** Keystrokes in a burst of deleting; the mean is 17.5, made by few long ones. */
const deletedLength: Quantiles = [
  [0, 1],
  [0.25, 1],
  [0.5, 2],
  [0.75, 6],
  [0.9, 17],
  [0.99, 259],
  [1, 2400],
]
/** The distance of a jump as a share of the text's length. */
const jumpShare: Quantiles = [
  [0, 0.000_02],
  [0.25, 0.0002],
  [0.5, 0.0008],
  [0.75, 0.004],
  [0.9, 0.0217],
  [0.99, 0.494],
  [1, 1],
]
/** 6,287 of the 10,711 bursts type. */
const TYPING_SHARE = 0.587
/** 5,490 bursts start elsewhere than the one before ended. */
const JUMP_SHARE = 0.513

/** `count` keystrokes; the same for the same seed. */
export function generateTrace(seed: number, count: number): Trace {
  const random = new Random(seed, 'trace')
  const edits: Edit[] = []
  let cursor = 0
  let length = 0
  while (edits.length < count) {
    if (random.chance(JUMP_SHARE)) cursor = jump(random, cursor, length)
    const left = count - edits.length
    if (random.chance(TYPING_SHARE)) {
      const typed = Math.min(left, burst(random, typedLength))
      for (let index = 0; index < typed; index++) {
        edits.push({ position: cursor++, deleted: 0, inserted: character(random) })
      }
      length += typed
    } else {
      const deleted = Math.min(left, cursor, burst(random, deletedLength))
      for (let index = 0; index < deleted; index++) edits.push({ position: --cursor, deleted: 1, inserted: '' })
      length -= deleted
    }
  }
  return { name: 'generated trace', edits, endContent: replay(edits) }
}

function burst(random: Random, lengths: Quantiles): number {
  return Math.round(sample(random, lengths))
}

function jump(random: Random, cursor: number, length: number): number {
  const distance = Math.max(1, Math.round(sample(random, jumpShare) * length))
  const target = random.chance(0.5) ? cursor - distance : cursor + distance
  return Math.min(length, Math.max(0, target))
}

/** A value of the distribution; between two quantiles the logarithm is even, since most are small and few are large. */
function sample(random: Random, quantiles: Quantiles): number {
  const share = random.fraction()
  const above = quantiles.findIndex(([upTo]) => upTo > share)
  const [lowShare, low] = quantiles[above - 1]!
  const [highShare, high] = quantiles[above]!
  return low * (high / low) ** ((share - lowShare) / (highShare - lowShare))
}

/** Letters as often as English has them, roughly; a space in six, now and then the end of a line. */
function character(random: Random): string {
  const letters =
    'eeeeeeeeeeeettttttttttaaaaaaaaooooooooiiiiiiinnnnnnnssssssrrrrrrhhhhhhddddlllluuucccmmmwwffggyyppbbvvk'
  const draw = random.fraction()
  if (draw < 0.12) return ' '
  if (draw < 0.13) return '\n'
  if (draw < 0.16) return random.pick(['.', ',', '-', "'", '(', ')', '\\', '{', '}'])
  return letters[random.below(letters.length)]!
}
