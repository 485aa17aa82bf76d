import * as Y from 'yjs'
import { describe, expect, it } from 'vitest'
import type { Replica } from './subject.ts'
import { importSubject, subjectNames } from './subjects.ts'

const WRITER = 2_871_653_209
const READER = 1_594_020_663
const LATE_READER = 3_340_917_442

function contentOf(replica: Replica) {
  return { text: replica.text(), values: replica.values(), keys: replica.keys(), records: replica.records() }
}

/** Every operation of a replica, and what must be there afterwards. */
function edit(replica: Replica): void {
  replica.insertText(0, 'hallo')
  replica.transact(() => {
    replica.deleteText(1, 1)
    replica.insertText(1, 'e')
  })
  replica.insertText(5, ' 𝒳!')
  replica.deleteText(8, 1)
  replica.insertValues(0, [1, 'two', { three: [3, null] }])
  replica.insertValues(1, [true])
  replica.deleteValues(0, 1)
  replica.setKey('a', 1)
  replica.setKey('a', { name: 'x' })
  replica.putRecord('r', { title: 't', count: 1 })
  replica.setField('r', 'count', 2)
}
const edited = {
  text: 'hello 𝒳',
  values: [true, 'two', { three: [3, null] }],
  keys: { a: { name: 'x' } },
  records: { r: { title: 't', count: 2 } },
}
const TRANSACTIONS = 11

describe.each(subjectNames)('%s', (name) => {
  it('does every operation, with one update for each transaction', async () => {
    const subject = await importSubject(name)
    const replica = subject.create(WRITER)
    const updates: Uint8Array[] = []
    replica.onUpdate((update) => updates.push(update))
    edit(replica)
    expect(contentOf(replica)).toEqual(edited)
    expect(updates).toHaveLength(TRANSACTIONS)
  })

  it('converges by its updates, and tells of those that change the text', async () => {
    const subject = await importSubject(name)
    const [writer, reader] = [subject.create(WRITER), subject.create(READER)]
    const updates: Uint8Array[] = []
    writer.onUpdate((update) => updates.push(update))
    edit(writer)
    let told = 0
    reader.onTextChange(() => told++)
    for (const update of updates) reader.applyUpdate(update)
    expect(contentOf(reader)).toEqual(edited)
    // json-joy tells of every change of the document.
    expect(told).toBeGreaterThanOrEqual(4)
    let emitted = 0
    writer.onUpdate(() => emitted++)
    const answers: Uint8Array[] = []
    reader.onUpdate((update) => answers.push(update))
    reader.insertText(0, '>')
    writer.applyUpdate(answers[0]!)
    expect([writer.text(), emitted]).toEqual([`>${edited.text}`, 0])
    const late = subject.create(LATE_READER)
    late.applyUpdates(updates)
    expect(contentOf(late)).toEqual(edited)
  })

  it('loads what it encoded, as often as one likes, and can go on', async () => {
    const subject = await importSubject(name)
    const replica = subject.create(WRITER)
    edit(replica)
    const state = replica.encode()
    for (const loaded of [subject.load(state), subject.load(state)]) {
      expect(contentOf(loaded)).toEqual(edited)
      loaded.insertText(0, 'x')
      expect(loaded.text()).toBe(`x${edited.text}`)
      loaded.free()
    }
    if (subject.snapshot !== undefined) {
      const loaded = subject.snapshot.load(subject.snapshot.encode(replica))
      expect(contentOf(loaded)).toEqual(edited)
      loaded.insertText(0, 'x')
      expect(loaded.text()).toBe(`x${edited.text}`)
    }
    if (subject.encoding === 'its own') return
    const doc = new Y.Doc()
    Y.applyUpdate(doc, state)
    // oxlint-disable-next-line typescript/no-base-to-string -- a Y.Text's string is its text
    expect(doc.getText('text').toString()).toBe(edited.text)
  })
})
