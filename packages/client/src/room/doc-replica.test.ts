import { Doc as CoreDoc } from '@syncline/core'
import { describe, expect, test } from 'vitest'
import { Doc, encodeStateAsUpdate } from 'yjs'
import { DocReplica } from './doc-replica.ts'
import type { RoomDoc } from './room-doc.ts'

const source = { source: 'elsewhere' }

function updateOf(text: string): Uint8Array {
  const doc = new Doc()
  doc.getText('text').insert(0, text)
  return encodeStateAsUpdate(doc)
}

/** What a replica tells of that did not come from `source`. */
function editsOf(replica: DocReplica): { readonly edits: Uint8Array[]; readonly stop: () => void } {
  const edits: Uint8Array[] = []
  const stop = replica.onUpdate((update, from) => {
    if (from !== source) edits.push(update)
  })
  return { edits, stop }
}

/** The text that another document has after these updates. */
function textOf(updates: readonly Uint8Array[]): string {
  const doc = new Doc()
  for (const update of updates) new DocReplica(doc).applyUpdate(update, source)
  return doc.getText('notes').toJSON()
}

describe.each<[string, () => RoomDoc & { getText(name: string): unknown }]>([
  ['Yjs', () => new Doc()],
  ['the core', () => new CoreDoc()],
])('a document of %s', (_, create) => {
  const withText = (): { doc: Doc; replica: DocReplica } => {
    const doc = create() as Doc
    return { doc, replica: new DocReplica(doc) }
  }

  test('tells of edits before and after an update that is applied', () => {
    const { doc, replica } = withText()
    const { edits } = editsOf(replica)
    doc.getText('notes').insert(0, 'a')
    replica.applyUpdate(updateOf('x'), source)
    doc.getText('notes').insert(1, 'b')
    expect(doc.getText('text').toJSON()).toBe('x')
    expect(edits).toHaveLength(2)
    expect(textOf(edits)).toBe('ab')
  })

  test('tells of what observers write while an update is applied, whatever they observe', () => {
    for (const event of ['beforeObserverCalls', 'afterTransaction', 'afterTransactionCleanup'] as const) {
      const { doc, replica } = withText()
      let answered = false
      doc.on(event, () => {
        if (answered) return
        answered = true
        doc.getText('notes').insert(0, 'answer')
      })
      const { edits } = editsOf(replica)
      replica.applyUpdate(updateOf('x'), source)
      expect(textOf(edits), event).toBe('answer')
    }
    const { doc, replica } = withText()
    const { edits } = editsOf(replica)
    doc.getText('text').observe(() => doc.getText('notes').insert(0, 'observed '))
    doc.on('afterAllTransactions', (_doc, transactions) => {
      if (transactions.length === 2) doc.getText('notes').insert(9, 'all')
    })
    replica.applyUpdate(updateOf('x'), source)
    expect(textOf(edits)).toBe('observed all')
  })

  test('tells of what is written in one transaction with an update that is applied', () => {
    const { doc, replica } = withText()
    const { edits } = editsOf(replica)
    doc.transact(() => {
      doc.getText('notes').insert(0, 'a')
      replica.applyUpdate(updateOf('x'), source)
      doc.getText('notes').insert(1, 'b')
    })
    expect(textOf(edits)).toBe('ab')
  })

  test('tells of edits after an update that cannot be applied', () => {
    const { doc, replica } = withText()
    const { edits } = editsOf(replica)
    expect(() => replica.applyUpdate(Uint8Array.of(255, 255, 1), source)).toThrow()
    doc.getText('notes').insert(0, 'a')
    expect(textOf(edits)).toBe('a')
  })

  test('tells of edits after an observer that throws', () => {
    const { doc, replica } = withText()
    const { edits } = editsOf(replica)
    const observer = (): never => {
      throw new Error('of the app')
    }
    doc.getText('text').observe(observer)
    expect(() => replica.applyUpdate(updateOf('x'), source)).toThrow('of the app')
    doc.getText('text').unobserve(observer)
    doc.getText('notes').insert(0, 'a')
    expect(textOf(edits)).toBe('a')
  })

  test('tells nobody who stopped listening while an update was applied', () => {
    const { doc, replica } = withText()
    const { edits, stop } = editsOf(replica)
    doc.getText('text').observe(() => {
      stop()
      doc.getText('notes').insert(0, 'late')
    })
    replica.applyUpdate(updateOf('x'), source)
    doc.getText('notes').insert(0, 'later')
    expect(edits).toEqual([])
  })

  test('tells of an update that is applied as an edit', () => {
    const { replica } = withText()
    const { edits } = editsOf(replica)
    replica.applyEdit(updateOf('x'), { source: 'app' })
    expect(edits).toHaveLength(1)
  })
})

test.each([
  ['Yjs', () => new Doc()],
  ['the core', () => new CoreDoc() as unknown as Doc],
])('a document of %s writes no update for what is applied, unless the app wants to have it', (_, create) => {
  const doc = create()
  const replica = new DocReplica(doc)
  let told = 0
  replica.onUpdate(() => (told += 1))
  replica.applyUpdate(updateOf('x'), source)
  expect(told).toBe(0)
  let heard = 0
  doc.on('update', () => (heard += 1))
  replica.applyUpdate(updateOf('y'), source)
  expect([told, heard]).toEqual([0, 1])
})

test.each(['passes over', 'refuses'])(
  'a document that %s events of transactions is listened to all the time',
  (does) => {
    const doc = new CoreDoc()
    const spare: RoomDoc = {
      clientID: doc.clientID,
      gc: true,
      on: (name: string, listener: (update: Uint8Array, origin: unknown) => void) => {
        if (name === 'update') doc.on(name, listener)
        else if (does === 'refuses') throw new TypeError('There is no such event')
      },
      off: (name: string, listener: (update: Uint8Array, origin: unknown) => void) => {
        if (name === 'update') doc.off(name, listener)
      },
      applyUpdate: (update, origin) => doc.applyUpdate(update, origin),
      encodeStateVector: () => doc.encodeStateVector(),
      encodeStateAsUpdate: (stateVector) => doc.encodeStateAsUpdate(stateVector),
    }
    const replica = new DocReplica(spare)
    const { edits } = editsOf(replica)
    doc.getText('text').observe(() => doc.getText('notes').insert(0, 'answer'))
    replica.applyUpdate(updateOf('x'), source)
    expect(textOf(edits)).toBe('answer')
  },
)
