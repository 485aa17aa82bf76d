/**
 * What goes wrong inside of a document leaves no trace in it: a replica that is given bad updates, in both formats, and whose listeners throw, goes on as one that
 * was spared all that. The same edits give the same bytes, the same events and the same steps to undo.
 */
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type * as Y from 'yjs'
import { DecodeError } from '../../errors.ts'
import { forge, forgedUpdateArbitrary } from '../../forged-update.fixture.ts'
import { convertUpdateFormatV1ToV2 } from '../../format-v2/convert.ts'
import { columnDamageArbitrary, damagedColumns } from '../../format-v2/updates-v2.fixture.ts'
import { FUZZ_TIMEOUT_MS, fuzz } from '../../fuzz.fixture.ts'
import { editsArbitrary, playHistory } from '../../random-document.fixture.ts'
import { keepJournal, type Entry } from './journal.fixture.ts'
import { subject } from './library.fixture.ts'
import { hexOfBytes, plainRoots } from './plain.fixture.ts'
import { editArbitrary, editOnce, type Edit, type Features } from './random-edit.fixture.ts'

const features: Features = {
  roots: ['text', 'array', 'map', 'xml'],
  nested: true,
  formatting: true,
  embeds: true,
  pairs: false,
  subdocuments: false,
}

/** A document of ours, all that it tells, and what can be undone in it. */
class Replica {
  readonly doc: Y.Doc = new subject.Doc({ guid: 'replica' })
  readonly undo: Y.UndoManager
  readonly journal: Entry[] = []

  constructor() {
    this.doc.clientID = 99
    keepJournal(subject, this.doc, {
      write: (entry) => this.journal.push(entry),
      onDeepEvents: () => {},
      onUpdate: () => {},
      react: () => {},
    })
    this.undo = new subject.UndoManager(this.doc, { captureTimeout: 0 })
  }

  /** Edits, undoes and does again; what the numbers mean depends on the kind. */
  edit(edit: Edit): void {
    const { doc, undo } = this
    if (edit.amount % 6 === 0) undo.undo()
    else if (edit.amount % 6 === 1) undo.redo()
    else editOnce({ library: subject, doc, features, tell: () => {} }, edit)
  }

  shown(): unknown {
    const { doc, undo } = this
    const stacks = [undo.undoStack, undo.redoStack].map((stack) =>
      stack.map(({ insertions, deletions }) => [insertions, deletions].map(({ clients }) => Array.from(clients))),
    )
    return [
      hexOfBytes(subject.encodeStateAsUpdate(doc)),
      hexOfBytes(subject.encodeStateAsUpdateV2(doc)),
      plainRoots(subject, doc),
      stacks,
      this.journal,
    ]
  }
}

let refused = 0

afterAll(() => console.info(`${refused} updates were refused`))

describe('a document goes on as if nothing had happened', { timeout: FUZZ_TIMEOUT_MS }, () => {
  test('where updates in both formats are refused', () => {
    const hostile = fc.tuple(forgedUpdateArbitrary, columnDamageArbitrary)
    const steps = fc.array(fc.tuple(editArbitrary(), hostile, fc.nat(2)), { minLength: 4, maxLength: 16, size: 'max' })
    const property = fc.property(editsArbitrary(12), steps, (edits, all) => {
      const { authored, exchanged } = playHistory(edits, { formatting: true, pairs: false, gc: [true, true, false] })
      const updates = [...authored, ...exchanged]
      const [attacked, spared] = [new Replica(), new Replica()]
      all.forEach(([edit, [forged, damage], kind], at) => {
        for (const replica of [attacked, spared]) {
          const update = authored.at(at % Math.max(1, authored.length))
          if (update !== undefined && at % 3 === 0) subject.applyUpdate(replica.doc, update, 'remote')
          replica.edit(edit)
        }
        const honest = updates.at(at % updates.length)!
        const isV2 = kind > 0
        const bytes = isV2 ? damagedColumns(convertUpdateFormatV1ToV2(honest), damage) : forge(updates, forged)
        const apply = isV2 ? subject.applyUpdateV2 : subject.applyUpdate
        const told = attacked.journal.length
        // What is taken changes a document for good, so that it is tried elsewhere first.
        const refusal = refusalOf(() => apply(copyOf(attacked.doc), bytes))
        if (refusal === null) return
        refused++
        expect(refusalOf(() => apply(attacked.doc, bytes, 'forger'))?.message).toBe(refusal.message)
        // That a transaction began and ended is told; nothing was in it.
        for (const { event } of attacked.journal.splice(told)) expect(aboutNothing.has(event)).toBe(true)
      })
      expect(attacked.shown()).toEqual(spared.shown())
    })
    fc.assert(property, fuzz())
  })

  test('where listeners throw, whichever they are: what was done is done, and all others are told', () => {
    const steps = fc.array(fc.tuple(editArbitrary(), fc.nat(heard.length + 1)), {
      minLength: 4,
      maxLength: 30,
      size: 'max',
    })
    const property = fc.property(editsArbitrary(12), steps, (edits, all) => {
      const { authored } = playHistory(edits, { formatting: true, pairs: false, gc: [true, true, false] })
      const [attacked, spared] = [new Replica(), new Replica()]
      let armed = -1
      const fail = (at: number): void => {
        if (at !== armed) return
        armed = -1
        thrown++
        throw new Failure()
      }
      heard.forEach((event, at) => {
        attacked.doc.on(event, () => fail(at))
        spared.doc.on(event, () => {})
      })
      for (const [{ doc }, work] of [
        [attacked, fail],
        [spared, () => {}],
      ] as const) {
        doc.getText('text').observe(() => work(heard.length))
        doc.getMap('map').observeDeep(() => work(heard.length + 1))
      }
      all.forEach(([edit, at], step) => {
        armed = at
        for (const replica of [attacked, spared]) {
          const update = authored.at(step % Math.max(1, authored.length))
          withoutFailure(() => {
            if (update !== undefined && step % 2 === 0) subject.applyUpdate(replica.doc, update, 'remote')
            else replica.edit(edit)
          })
        }
        armed = -1
      })
      expect(attacked.shown()).toEqual(spared.shown())
    })
    fc.assert(property, fuzz())
    expect(thrown).toBeGreaterThan(0)
  })
})

/**
 * What a document tells while a change is cleaned up. Not `beforeTransaction` and what comes before it: who throws there is heard before anything is changed, and nothing is.
 */
const heard = [
  'beforeObserverCalls',
  'afterTransaction',
  'afterTransactionCleanup',
  'update',
  'updateV2',
  'afterAllTransactions',
] as const

let thrown = 0

class Failure extends Error {}

function withoutFailure(work: () => void): void {
  try {
    work()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
  }
}

/** What is told of a transaction in which nothing changed. */
const aboutNothing: ReadonlySet<string> = new Set([
  'beforeAllTransactions',
  'beforeTransaction',
  'beforeObserverCalls',
  'afterTransaction',
  'afterTransactionCleanup',
  'afterAllTransactions',
])

function copyOf(doc: Y.Doc): Y.Doc {
  const copy = new subject.Doc()
  subject.applyUpdate(copy, subject.encodeStateAsUpdate(doc))
  return copy
}

/** The typed error that is thrown; null if none is. Any other fails the test. */
function refusalOf(attempt: () => void): DecodeError | null {
  try {
    attempt()
    return null
  } catch (error) {
    if (error instanceof DecodeError) return error
    throw error
  }
}
