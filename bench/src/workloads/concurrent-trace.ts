/** A trace of several authors who write at the same time: what each did, and what it had from the others when it did so. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { sample, type Quantiles } from './distribution.ts'
import { tracesFolder } from './open-trace.ts'
import { Random } from './random.ts'
import type { Edit } from './trace.ts'

/** One transaction. */
export interface AuthoredEdits {
  /** 0 … {@link ConcurrentTrace.authors} − 1. */
  readonly author: number
  /** Events of others, by their index, that reached the author since its last event; in an order that any replica can apply. */
  readonly receives: readonly number[]
  /** Positions are in the author's text of that moment. */
  readonly edits: readonly Edit[]
}

export interface ConcurrentTrace {
  readonly name: string
  readonly authors: number
  readonly events: readonly AuthoredEdits[]
  /** Of the text once everybody has everything. Its characters depend on the order in which a library puts what was written at one place. */
  readonly endLength: number
}

/** Two people write about a television series, 26,078 transactions, two thousand times of which they had written at the same time. */
const NAME = 'friendsforever'
const GENERATED_EVENTS = 26_000
const SEED = 1

/** The recorded trace where `SYNCLINE_TRACES` names the folder that has it, else a generated one; the first `eventsMax` events. */
export function openConcurrentTrace(eventsMax: number): ConcurrentTrace {
  const folder = tracesFolder()
  if (folder === undefined) return generateConcurrentTrace(SEED, Math.min(eventsMax, GENERATED_EVENTS))
  return readConcurrentTrace(folder, eventsMax)
}

/** A trace of the first events of another. */
export function firstEvents(trace: ConcurrentTrace, count: number): ConcurrentTrace {
  if (count >= trace.events.length) return trace
  const { name, authors, events } = trace
  return { name: `the start of ${name}`, authors, events: events.slice(0, count), endLength: Number.NaN }
}

interface RecordedTransaction {
  readonly parents: readonly number[]
  readonly agent: number
  readonly patches: readonly (readonly [position: number, deleted: number, inserted: string])[]
}

/** Throws when the file is missing or not a trace whose authors each know what they did themselves. */
export function readConcurrentTrace(folder: string, eventsMax: number): ConcurrentTrace {
  const { endContent, numAgents, txns } = JSON.parse(
    gunzipSync(readFileSync(join(folder, `${NAME}.json.gz`))).toString('utf8'),
  ) as { readonly endContent: string; readonly numAgents: number; readonly txns: readonly RecordedTransaction[] }
  // The file counts code points, the benches UTF-16 code units: the same as long as there is nothing beyond the first plane.
  if (/[\uD800-\uDFFF]/.test(endContent)) throw new Error(`${NAME} is not the trace it used to be`)
  const first = txns.slice(0, eventsMax)
  const known = Array.from({ length: numAgents }, () => new Uint8Array(first.length))
  const events = first.map(({ parents, agent, patches }, index): AuthoredEdits => {
    const receives = unknownAncestors(first, parents, known[agent]!)
    if (receives.some((other) => first[other]!.agent === agent))
      throw new Error(`${NAME}: an author forgot what it did`)
    known[agent]![index] = 1
    return {
      author: agent,
      receives,
      edits: patches.map(([position, deleted, inserted]) => ({ position, deleted, inserted })),
    }
  })
  const isWhole = first.length === txns.length
  return {
    name: `${isWhole ? '' : 'the start of '}recorded trace ${NAME}`,
    authors: numAgents,
    events,
    endLength: isWhole ? endContent.length : Number.NaN,
  }
}

/** What leads to `heads` and is not `known` yet, oldest first; it is known afterwards. */
function unknownAncestors(
  transactions: readonly RecordedTransaction[],
  heads: readonly number[],
  known: Uint8Array,
): number[] {
  const found: number[] = []
  const left = [...heads]
  for (let index = left.pop(); index !== undefined; index = left.pop()) {
    if (known[index] === 1) continue
    known[index] = 1
    found.push(index)
    left.push(...transactions[index]!.parents)
  }
  // Parents come before their children in the file.
  return found.sort((a, b) => a - b)
}

/** What an author types before it hears of the other again; the mean is 10. As all numbers here, those of friendsforever. */
const aloneLength: Quantiles = [
  [0, 1],
  [0.25, 4],
  [0.5, 7],
  [0.75, 9],
  [0.9, 14],
  [0.95, 28],
  [0.99, 117],
  [1, 353],
]

/** How often both write before they hear of each other: then the one who comes second in the file, about half of what both do, does not know all that is there. */
const APART_SHARE = 0.82

/** How often an author goes on where it was, or near. */
const STAYS_SHARE = 0.75

/** A little more than it comes to: who has typed nothing yet deletes nothing. */
const DELETING_SHARE = 0.1

/** Two authors who type at two places, and delete only what they typed since they last heard of each other. */
export function generateConcurrentTrace(seed: number, count: number): ConcurrentTrace {
  const random = new Random(seed, 'concurrent trace')
  const events: AuthoredEdits[] = []
  /** What both have. */
  let length = 0
  let told: readonly [number[], number[]] = [[], []]
  const cursors = [0, 0]
  while (events.length < count) {
    const isApart = random.chance(APART_SHARE)
    const writing = isApart ? [0, 1] : [random.below(2)]
    const next: readonly [number[], number[]] = [[], []]
    let grown = 0
    for (const author of writing) {
      const start = random.chance(STAYS_SHARE) ? Math.min(cursors[author]!, length) : random.below(length + 1)
      let typed = 0
      const size = Math.min(count - events.length, Math.round(sample(random, aloneLength)))
      for (let step = 0; step < size; step++) {
        const isDeletion = typed > 0 && random.chance(DELETING_SHARE)
        const edit = isDeletion
          ? { position: start + --typed, deleted: 1, inserted: '' }
          : { position: start + typed++, deleted: 0, inserted: random.pick(['a', 'e', 'n', ' ']) }
        next[1 - author]!.push(events.length)
        events.push({ author, receives: step === 0 ? told[author]! : [], edits: [edit] })
      }
      if (size > 0) told = author === 0 ? [[], told[1]] : [told[0], []]
      cursors[author] = start + typed
      grown += typed
    }
    told = [
      [...told[0], ...next[0]],
      [...told[1], ...next[1]],
    ]
    length += grown
  }
  return { name: 'generated trace of two authors', authors: 2, events, endLength: length }
}
