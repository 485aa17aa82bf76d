/** B2: two replicas that have the same start write, in one transaction, without hearing of each other, and then get each other's update. */
import { CLIENT_IDS } from '../workloads/keystrokes.ts'
import { Random } from '../workloads/random.ts'
import { insertionsAndDeletions, insertionsAnywhere, letters, perform, word, type Operation } from './operations.ts'
import type { Scenario } from './scenario.ts'

const SEED = 1
const START_LENGTH = 100

export function twoWriters(n: number): Scenario[] {
  const random = new Random(SEED, 'B2')
  const start = letters(random, START_LENGTH)
  const both = (make: () => readonly Operation[]): Sides => [make(), make()]
  return [
    scenario(
      'B2.1 two insert a string',
      start,
      both(() => [{ kind: 'insert text', at: 0, text: letters(random, n) }]),
    ),
    scenario(
      'B2.2 two insert characters anywhere',
      start,
      both(() => insertionsAnywhere(random, n, () => letters(random, 1), START_LENGTH)),
    ),
    scenario(
      'B2.3 two insert words anywhere',
      start,
      both(() => insertionsAnywhere(random, n, () => word(random), START_LENGTH)),
    ),
    scenario(
      'B2.4 two insert and delete',
      start,
      both(() => insertionsAndDeletions(random, n, START_LENGTH)),
    ),
  ]
}

type Sides = readonly [readonly Operation[], readonly Operation[]]

function scenario(name: string, start: string, [first, second]: Sides): Scenario {
  const inserted = [...first, ...second].reduce(
    (sum, operation) => sum + (operation.kind === 'insert text' ? operation.text.length : 0),
    start.length,
  )
  const deleted = [first, second].map((side) =>
    side.reduce((sum, operation) => sum + (operation.kind === 'delete text' ? operation.length : 0), 0),
  )
  return {
    name,
    timesAtLeast: 1,
    prepare: (subject) => () => {
      const replicas = [subject.create(CLIENT_IDS[0]), subject.create(CLIENT_IDS[1])] as const
      const updates: [Uint8Array[], Uint8Array[]] = [[], []]
      replicas.forEach((replica, index) => replica.onUpdate((update) => updates[index]!.push(update)))
      replicas[0].insertText(0, start)
      replicas[1].applyUpdates(updates[0].splice(0))
      replicas[0].transact(() => first.forEach((operation) => perform(replicas[0], operation)))
      replicas[1].transact(() => second.forEach((operation) => perform(replicas[1], operation)))
      replicas[0].applyUpdates(updates[1])
      replicas[1].applyUpdates(updates[0])
      const updateBytes = updates.flat().reduce((sum, { length }) => sum + length, 0)
      return { replicas, updateBytes }
    },
    // What both deleted of the start is gone once.
    isRight: ({ text }) =>
      text.length >= inserted - deleted[0]! - deleted[1]! &&
      text.length <= inserted - Math.max(...deleted, deleted[0]! + deleted[1]! - START_LENGTH),
  }
}
