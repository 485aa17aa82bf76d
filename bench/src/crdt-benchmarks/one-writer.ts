/** B1: one replica writes, and another gets each update at once. No conflicts. */
import { EMPTY, isSameContent } from '../subjects/content.ts'
import { CLIENT_IDS } from '../workloads/keystrokes.ts'
import { Random } from '../workloads/random.ts'
import {
  insertionsAndDeletions,
  insertionsAnywhere,
  letters,
  perform,
  textAfter,
  valuesAfter,
  word,
  type Operation,
} from './operations.ts'
import type { Scenario } from './scenario.ts'

/** The same in every run, so that numbers of two runs compare. */
const SEED = 1

export function oneWriter(n: number): Scenario[] {
  const random = new Random(SEED, 'B1')
  const times = <Item>(make: (index: number) => Item): Item[] => Array.from({ length: n }, (_, index) => make(index))
  const text = letters(random, n)
  const numbers = times((index) => index)
  return [
    scenario(
      'B1.1 append characters',
      times((at) => ({ kind: 'insert text', at, text: text[at]! })),
    ),
    scenario('B1.2 insert a string', [{ kind: 'insert text', at: 0, text }]),
    scenario(
      'B1.3 prepend characters',
      times((index) => ({ kind: 'insert text', at: 0, text: text[index]! })),
    ),
    scenario(
      'B1.4 characters anywhere',
      insertionsAnywhere(random, n, () => letters(random, 1)),
    ),
    scenario(
      'B1.5 words anywhere',
      insertionsAnywhere(random, n, () => word(random)),
    ),
    scenario('B1.6 insert a string, delete it', [
      { kind: 'insert text', at: 0, text },
      { kind: 'delete text', at: 0, length: n },
    ]),
    scenario('B1.7 words and deletions anywhere', insertionsAndDeletions(random, n)),
    scenario(
      'B1.8 append numbers',
      times((at) => ({ kind: 'insert values', at, values: [at] })),
    ),
    scenario('B1.9 insert a list of numbers', [{ kind: 'insert values', at: 0, values: numbers }]),
    scenario(
      'B1.10 prepend numbers',
      times((index) => ({ kind: 'insert values', at: 0, values: [index] })),
    ),
    scenario(
      'B1.11 numbers anywhere',
      times((index) => ({ kind: 'insert values', at: random.below(index + 1), values: [index] })),
    ),
  ]
}

function scenario(name: string, operations: readonly Operation[]): Scenario {
  const content = { ...EMPTY, text: textAfter(operations), values: valuesAfter(operations) }
  return {
    name,
    timesAtLeast: 1,
    prepare: (subject) => () => {
      const writer = subject.create(CLIENT_IDS[0])
      const reader = subject.create(CLIENT_IDS[1])
      let updateBytes = 0
      writer.onUpdate((update) => {
        updateBytes += update.length
        reader.applyUpdate(update)
      })
      for (const operation of operations) perform(writer, operation)
      return { replicas: [writer, reader], updateBytes }
    },
    isRight: (shown) => isSameContent(shown, content),
  }
}
