/** What the replicas of the bench are made to do: edits, one transaction each, and what they must show in the end. */
import { EMPTY, type Content } from '../subjects/content.ts'
import type { Fields, Json, Replica, Subject } from '../subjects/subject.ts'
import type { Edits } from '../workloads/edits.ts'
import { CLIENT_IDS } from '../workloads/keystrokes.ts'
import { Random } from '../workloads/random.ts'
import { replay } from '../workloads/replay.ts'
import type { Edit, Trace } from '../workloads/trace.ts'

/** Who does the edits, and who gets them. */
export const [WRITER, READER] = CLIENT_IDS

export interface Workload {
  /** What its rows' names begin with. */
  readonly name: string
  readonly transactions: number
  /** Does all edits in an empty replica. */
  play(replica: Replica): void
  /** What it shows afterwards. */
  readonly content: Content
  /** The same on a smaller scale, of about so many transactions: what it costs tells what all of it would. */
  part(transactions: number): Workload
}

/** The trace, whose keystrokes are a transaction each. */
export function textOf(trace: Trace, name = 'text'): Workload {
  const { edits, endContent } = trace
  return {
    name,
    transactions: edits.length,
    play: (replica) => playText(replica, edits),
    content: { ...EMPTY, text: endContent },
    part: (transactions) => textOf(startOf(trace, transactions), name),
  }
}

/**
 * Does the edits for what is stored of them. Who compares no bytes with yjs does them in one transaction: the document is the same, and some take minutes for one
 * each.
 */
export function playStored(workload: Workload, { encoding }: Subject, replica: Replica): void {
  if (encoding === 'its own') replica.transact(() => workload.play(replica))
  else workload.play(replica)
}

/** The first edits of a trace. */
export function startOf({ name, edits }: Trace, count: number): Trace {
  const first = edits.slice(0, count)
  return { name: `the start of ${name}`, edits: first, endContent: replay(first) }
}

/** Does the edits of a trace, a transaction each. */
export function playText(replica: Replica, edits: Edits): void {
  for (let index = 0; index < edits.length; index++) playEdit(replica, edits.at(index))
}

/** Does the edits as one transaction. */
export function playTransaction(replica: Replica, edits: readonly Edit[]): void {
  if (edits.length === 1) playEdit(replica, edits[0]!)
  else replica.transact(() => edits.forEach((one) => replaceText(replica, one)))
}

function playEdit(replica: Replica, edit: Edit): void {
  const { position, deleted, inserted } = edit
  if (deleted === 0) replica.insertText(position, inserted)
  else if (inserted === '') replica.deleteText(position, deleted)
  else replaceInTransaction(replica, edit)
}

/** Apart: a function that makes closures allocates for them at each call. */
function replaceInTransaction(replica: Replica, edit: Edit): void {
  replica.transact(() => replaceText(replica, edit))
}

function replaceText(replica: Replica, { position, deleted, inserted }: Edit): void {
  if (deleted > 0) replica.deleteText(position, deleted)
  if (inserted !== '') replica.insertText(position, inserted)
}

/** The same in every run, so that numbers of two runs compare. */
const SEED = 1

/** A table as apps keep them: a map of `count` records, put one by one, and then `changes` changes of a field each. */
export function recordsOf(count: number, changes: number): Workload {
  const random = new Random(SEED, 'records')
  const keys = Array.from({ length: count }, (_, index) => `record-${index.toString(36)}`)
  const start = keys.map((key, index): Fields => ({
    name: `name of ${key}`,
    note: '',
    count: index,
    done: random.chance(0.5),
  }))
  const records: Record<string, Record<string, Json>> = Object.fromEntries(
    keys.map((key, index) => [key, { ...start[index] }]),
  )
  const edits = Array.from({ length: changes }, (_, change) => {
    const key = random.pick(keys)
    const record = records[key]!
    // Always another value than before: not every library says something when there is no change.
    const [field, value] = random.pick<readonly [string, Json]>([
      ['name', `renamed by ${change}`],
      ['note', `changed by ${change}`],
      ['count', count + change],
      ['done', record['done'] !== true],
    ])
    record[field] = value
    return { key, field, value }
  })
  return {
    name: 'records',
    transactions: count + changes,
    play(replica) {
      keys.forEach((key, index) => replica.putRecord(key, start[index]!))
      for (const { key, field, value } of edits) replica.setField(key, field, value)
    },
    content: { ...EMPTY, records },
    part: (transactions) => recordsOf(...scaled([count, changes], transactions / (count + changes))),
  }
}

/** Values go into a list in groups of this. */
const GROUP = 100

/** A list as apps keep them: `count` objects, and then `changes` insertions and deletions of one anywhere, as many of each. */
export function listOf(count: number, changes: number): Workload {
  const random = new Random(SEED, 'list')
  const item = (id: number): Json => ({ id, title: `item ${id}`, done: random.chance(0.5) })
  const groups = Array.from({ length: Math.ceil(count / GROUP) }, (_, group) =>
    Array.from({ length: Math.min(GROUP, count - group * GROUP) }, (__, offset) => item(group * GROUP + offset)),
  )
  const values = groups.flat()
  const edits = Array.from({ length: changes }, (_, change) => {
    if (values.length > 0 && random.chance(0.5)) {
      const index = random.below(values.length)
      values.splice(index, 1)
      return { index, inserted: undefined }
    }
    const index = random.below(values.length + 1)
    const inserted = [item(count + change)]
    values.splice(index, 0, ...inserted)
    return { index, inserted }
  })
  return {
    name: 'list',
    transactions: groups.length + changes,
    play(replica) {
      groups.forEach((group, index) => replica.insertValues(index * GROUP, group))
      for (const { index, inserted } of edits) {
        if (inserted === undefined) replica.deleteValues(index, 1)
        else replica.insertValues(index, inserted)
      }
    },
    content: { ...EMPTY, values },
    part: (transactions) => listOf(...scaled([count, changes], transactions / (groups.length + changes))),
  }
}

/** The same share of both. */
function scaled([count, changes]: readonly [number, number], share: number): [count: number, changes: number] {
  return [Math.ceil(count * share), Math.ceil(changes * share)]
}
