/** Where Yjs's behaviour is nobody's first guess: each case runs with both libraries, which must give the same, or both throw. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { arrayCases } from './edge-cases/array.fixture.ts'
import { documentCases } from './edge-cases/documents.fixture.ts'
import { integrationCases } from './edge-cases/integration.fixture.ts'
import { itemCases } from './edge-cases/items.fixture.ts'
import { mapCases } from './edge-cases/map.fixture.ts'
import { positionCases } from './edge-cases/positions.fixture.ts'
import { textCases } from './edge-cases/text.fixture.ts'
import { undoCases } from './edge-cases/undoing.fixture.ts'
import { updateCases } from './edge-cases/updates.fixture.ts'
import { xmlCases } from './edge-cases/xml.fixture.ts'
import { subject, yjs } from './library.fixture.ts'
import { plainDeep, plainOf } from './plain.fixture.ts'

const groups = {
  text: textCases,
  array: arrayCases,
  map: mapCases,
  xml: xmlCases,
  documents: documentCases,
  integration: integrationCases,
  items: itemCases,
  updates: updateCases,
  positions: positionCases,
  undoing: undoCases,
}

// Yjs warns of types that are read before they are in a document.
beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}))
afterEach(() => void vi.restoreAllMocks())

const built = Object.entries(groups).map(
  ([name, cases]) => [name, cases.filter(({ needs = [] }) => needs.every((it) => it in subject))] as const,
)

describe.each(built.filter(([, cases]) => cases.length > 0))('%s', (_, cases) => {
  test.each(cases)('$title', ({ run }) => {
    const [expected, actual] = [yjs, subject].map((library) => {
      const doc = new library.Doc({ guid: 'edge' })
      try {
        return plainDeep(library, run(library, doc))
      } catch {
        return 'throws'
      }
    })
    expect(actual).toEqual(expected)
  })
})

test('a document says when it is loaded', async () => {
  for (const library of [yjs, subject]) {
    const doc = new library.Doc()
    doc.emit('load', [doc])
    expect(await doc.whenLoaded).toBe(doc)
    expect(doc.isLoaded).toBe(true)
    doc.emit('sync', [true, doc])
    await doc.whenSynced
    expect(doc.isSynced).toBe(true)
    doc.emit('sync', [false, doc])
    expect(doc.isSynced).toBe(false)
  }
})

test('types that are read plain are types of their library', () => {
  const doc = new subject.Doc()
  doc.getArray('array').push([new subject.Map([['k', 1]])])
  expect(plainOf(subject, doc.getArray('array'))).toEqual({
    kind: 'array',
    items: [{ kind: 'map', entries: { k: 1 } }],
  })
})
