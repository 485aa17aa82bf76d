/**
 * Traces for everybody who has no recorded ones: an author who types in bursts, deletes, and jumps. The numbers of a manner are those of a recorded
 * trace: how long its bursts of typing and of deleting are, how much an edit inserts and deletes, how often a burst starts elsewhere, and how far away. Not in it: what the
 * words are, and anything that a longer memory than one burst shows. The bench `traces` sets both beside each other.
 */
import { sample, type Quantiles } from './distribution.ts'
import { Edits } from './edits.ts'
import { Random } from './random.ts'
import { replay } from './replay.ts'
import type { Edit, Trace } from './trace.ts'

/** How an author writes. */
export interface Manner {
  /** Edits in a burst of typing, and in one of deleting. */
  readonly typedBurst: Quantiles
  readonly deletedBurst: Quantiles
  /** Characters that an edit inserts, and that it deletes. */
  readonly inserted: Quantiles
  readonly deleted: Quantiles
  /** Of the edits that insert, those that delete as well, before they do. */
  readonly replacing: number
  /** Of the bursts, those that type. */
  readonly typing: number
  /** Of the bursts, those that start elsewhere than the one before ended. The others are of the other kind than it, or they would be a part of it. */
  readonly elsewhere: number
  /** How far away, as a share of the text's length. */
  readonly jump: Quantiles
}

const ONE: Quantiles = [
  [0, 1],
  [1, 1],
]

/** Of automerge-paper: 259,778 keystrokes, one character each, in 10,712 bursts. */
export const paper: Manner = {
  // The mean is 29.
  typedBurst: [
    [0, 1],
    [0.25, 2],
    [0.5, 9],
    [0.75, 33],
    [0.9, 81],
    [0.99, 233],
    [1, 500],
  ],
  // The mean is 17.5, made by few long ones.
  deletedBurst: [
    [0, 1],
    [0.25, 1],
    [0.5, 2],
    [0.75, 6],
    [0.9, 17],
    [0.99, 259],
    [1, 2400],
  ],
  inserted: ONE,
  deleted: ONE,
  replacing: 0,
  typing: 0.587,
  elsewhere: 0.513,
  jump: [
    [0, 0.000_02],
    [0.25, 0.0002],
    [0.5, 0.0008],
    [0.75, 0.004],
    [0.9, 0.0217],
    [0.99, 0.494],
    [1, 1],
  ],
}

/** Of sveltecomponent: 19,749 edits in 5,148 bursts; most are one character, and some are pasted, or delete, thousands. */
export const component: Manner = {
  typedBurst: [
    [0, 1],
    [0.5, 1],
    [0.75, 6],
    [0.9, 13],
    [0.95, 20],
    [0.99, 35],
    [1, 84],
  ],
  deletedBurst: [
    [0, 1],
    [0.75, 1],
    [0.9, 2],
    [0.99, 4],
    [1, 8],
  ],
  inserted: [
    [0, 1],
    [0.84, 1],
    [0.9, 2],
    [0.95, 4],
    [0.99, 27],
    [0.999, 357],
    [0.9996, 1500],
    [1, 14_888],
  ],
  deleted: [
    [0, 1],
    [0.25, 1],
    [0.5, 3],
    [0.75, 5],
    [0.9, 14],
    [0.95, 29],
    [0.99, 136],
    [0.999, 6003],
    [1, 12_844],
  ],
  replacing: 0.071,
  typing: 0.72,
  elsewhere: 0.776,
  jump: [
    [0, 0.000_02],
    [0.25, 0.0013],
    [0.5, 0.0047],
    [0.75, 0.0185],
    [0.9, 0.131],
    [0.95, 0.353],
    [0.99, 0.658],
    [1, 1],
  ],
}

/** `count` edits in that manner; the same for the same seed. */
export function generateTrace(seed: number, count: number, manner: Manner = paper): Trace {
  const random = new Random(seed, 'trace')
  const edits: Edit[] = []
  let cursor = 0
  let length = 0
  let isTyping = false
  // So that of all bursts, those that alternate included, the right share types.
  const typingElsewhere = (manner.typing - (1 - manner.elsewhere) * (1 - manner.typing)) / manner.elsewhere
  while (edits.length < count) {
    if (random.chance(manner.elsewhere)) {
      cursor = jump(random, manner.jump, cursor, length)
      isTyping = random.chance(typingElsewhere)
    } else {
      isTyping = !isTyping
    }
    isTyping ||= length === 0
    const left = count - edits.length
    const burst = Math.min(left, drawLength(random, isTyping ? manner.typedBurst : manner.deletedBurst))
    for (let index = 0; index < burst; index++) {
      // Most delete backwards; a replacement takes what is before the cursor.
      const isDeleting = !isTyping || (manner.replacing > 0 && random.chance(manner.replacing))
      const deleted = isDeleting ? Math.min(cursor, drawLength(random, manner.deleted)) : 0
      const inserted = isTyping ? text(random, drawLength(random, manner.inserted)) : ''
      if (deleted === 0 && inserted === '') break
      edits.push({ position: cursor - deleted, deleted, inserted })
      cursor += inserted.length - deleted
      length += inserted.length - deleted
    }
  }
  return { name: 'generated trace', edits: Edits.of(edits), endContent: replay(edits) }
}

function drawLength(random: Random, lengths: Quantiles): number {
  // What is always one takes no draw.
  return lengths === ONE ? 1 : Math.round(sample(random, lengths))
}

function jump(random: Random, shares: Quantiles, cursor: number, length: number): number {
  const distance = Math.max(1, Math.round(sample(random, shares) * length))
  const target = random.chance(0.5) ? cursor - distance : cursor + distance
  return Math.min(length, Math.max(0, target))
}

function text(random: Random, length: number): string {
  return length === 1 ? character(random) : Array.from({ length }, () => character(random)).join('')
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
