/**
 * Random histories of several replicas, some of Yjs, some of ours, some of both at once: they converge, and where both are given the same
 * they answer, tell and encode the same. The last tests show that a library that does otherwise is found out.
 */
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type * as Y from 'yjs'
import { FUZZ_TIMEOUT_MS, fuzz } from '../../fuzz.fixture.ts'
import { subject, yjs, type Library } from './library.fixture.ts'
import type { Features } from './random-edit.fixture.ts'
import {
  playWorld,
  roundStepArbitrary,
  stepArbitrary,
  type Outcome,
  type Step,
  type WorldOptions,
} from './world.fixture.ts'

const total = { histories: 0, updates: 0, undone: 0, events: 0 }

afterAll(() => {
  const { histories, updates, undone, events } = total
  console.info(`${histories} histories, ${updates} updates, ${undone} undone or redone, ${events} entries in journals`)
})

const twins = [yjs, subject]

/** Who takes part: three to six peers, mostly of both libraries at once. */
const companies: readonly (readonly (readonly Library[])[])[] = [
  [twins, twins, twins],
  [twins, [yjs], [subject]],
  [twins, twins, twins, twins],
  [[subject], [yjs], [subject], [yjs], twins],
  [twins, [subject], twins, [yjs], [subject], [yjs]],
]

const everything: Features = {
  roots: ['text', 'array', 'map', 'xml'],
  nested: true,
  formatting: true,
  embeds: true,
  pairs: true,
  subdocuments: true,
}

const plainText: Features = {
  roots: ['text'],
  nested: false,
  formatting: false,
  embeds: false,
  pairs: false,
  subdocuments: false,
}

/** Histories with undo want a library that has it. */
const hasUndo = 'UndoManager' in subject

interface Kind {
  readonly undo: boolean
  readonly reactions: boolean
  /** Whether most of it happens while listeners are told of something else. */
  readonly rounds?: boolean
}

/** From the narrow to the wide: what fails in a narrow one is easier to understand. */
const histories: readonly (readonly [of: string, features: Features, rest: Kind])[] = [
  ['plain text', plainText, { undo: false, reactions: false }],
  ['plain text with surrogate pairs', { ...plainText, pairs: true }, { undo: false, reactions: true }],
  ['shared types', { ...everything, formatting: false, pairs: false }, { undo: false, reactions: false }],
  ['shared types, edited by listeners', { ...everything, formatting: false }, { undo: false, reactions: true }],
  ['formatted text', { ...plainText, formatting: true, embeds: true }, { undo: false, reactions: false }],
  ['undone plain text', plainText, { undo: true, reactions: false }],
  ['undone shared types', { ...everything, formatting: false, pairs: false }, { undo: true, reactions: false }],
  ['everything', everything, { undo: hasUndo, reactions: true }],
  ['plain text in rounds of several transactions', plainText, { undo: hasUndo, reactions: true, rounds: true }],
  ['everything in rounds of several transactions', everything, { undo: hasUndo, reactions: true, rounds: true }],
]

const stepsOf = (step: fc.Arbitrary<Step>): fc.Arbitrary<Step[]> => fc.array(step, { maxLength: 40, size: 'max' })
const stepsArbitrary = stepsOf(stepArbitrary)
const roundsArbitrary = stepsOf(roundStepArbitrary)
const companyArbitrary = fc.nat({ max: companies.length - 1 })
const gcArbitrary = fc.constantFrom([true], [false], [true, true, false], [false, true, true, false])

describe('histories', { timeout: FUZZ_TIMEOUT_MS }, () => {
  test.each(histories.filter(([, , { undo }]) => hasUndo || !undo))('of %s', (_, features, { rounds, ...rest }) => {
    const property = fc.property(
      rounds === true ? roundsArbitrary : stepsArbitrary,
      companyArbitrary,
      gcArbitrary,
      fc.nat(3),
      (steps, company, gc, draw) => {
        count(playWorld(steps, { peers: companies.at(company)!, gc, filtered: draw === 0, features, ...rest }))
      },
    )
    // A failing history is made small by `playWorld`.
    fc.assert(property, { ...fuzz(), endOnFailure: true })
  })
})

describe('a library that does otherwise is found out', { timeout: FUZZ_TIMEOUT_MS }, () => {
  const { Doc, Array: YArray } = yjs
  const wrong: readonly (readonly [what: string, library: Partial<Library>])[] = [
    [
      'deletes one too many',
      {
        Doc: class extends Doc {
          override getArray<T>(name: string): Y.Array<T> {
            return this.get(name, Greedy) as unknown as Y.Array<T>
          }
        },
      },
    ],
    [
      'calls listeners twice',
      {
        Doc: class extends Doc {
          override emit(name: never, told: never): void {
            super.emit(name, told)
            if (name === 'beforeObserverCalls') super.emit(name, told)
          }
        },
      },
    ],
    [
      'forgets a deletion',
      {
        applyUpdate: (doc, update, source) => {
          if (update[0] !== 0) yjs.applyUpdate(doc, update, source)
        },
      },
    ],
    [
      'encodes deleted content',
      {
        encodeStateAsUpdateV2: (doc, stateVector) => {
          const kept = new yjs.Doc({ gc: false })
          yjs.applyUpdate(kept, yjs.encodeStateAsUpdate(doc))
          return Uint8Array.of(...yjs.encodeStateAsUpdateV2(kept, stateVector), 0)
        },
      },
    ],
    [
      'collects what is to be kept',
      {
        Doc: class extends Doc {
          constructor(options: ConstructorParameters<typeof Doc>[0] = {}) {
            super({ ...options, gcFilter: () => true })
          }
        },
      },
    ],
    [
      'loses positions',
      {
        createAbsolutePositionFromRelativePosition: (position, doc) =>
          position.item === null ? yjs.createAbsolutePositionFromRelativePosition(position, doc) : null,
      },
    ],
    [
      'forgets deletions in a snapshot',
      { snapshot: (doc) => new yjs.Snapshot(yjs.emptySnapshot.ds, yjs.snapshot(doc).sv) },
    ],
    [
      'undoes nothing',
      {
        UndoManager: class extends yjs.UndoManager {
          override undo(): null {
            return null
          }
        },
      },
    ],
  ]

  class Greedy<T> extends YArray<T> {
    override delete(at: number, length: number): void {
      super.delete(at, Math.min(this.length - at, length + (length > 2 ? 1 : 0)))
    }
  }

  test.each(wrong)('it %s', (_, differences) => {
    const library = { ...yjs, ...differences }
    const options: WorldOptions = {
      peers: [[yjs, library], [yjs, library], [yjs]],
      gc: [true],
      filtered: true,
      features: everything,
      undo: true,
      reactions: true,
    }
    const fails = (steps: readonly Step[]): boolean => {
      try {
        playWorld(steps, options)
        return false
      } catch {
        return true
      }
    }
    expect(fc.sample(stepsArbitrary, { numRuns: 60, seed: 1 }).some(fails)).toBe(true)
  })
})

function count(outcome: Outcome): void {
  total.histories++
  total.updates += outcome.updates
  total.undone += outcome.undone
  total.events += outcome.events
}
