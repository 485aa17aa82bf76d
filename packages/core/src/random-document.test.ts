/** Whether random histories have in them what differential tests are for: a generator that stopped making it would pass them all. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as Y from 'yjs'
import * as ContentKind from './content-kind.ts'
import { editsArbitrary, everything, playHistory } from './random-document.fixture.ts'
import { decodeUpdate } from './update.ts'

const histories = fc
  .sample(editsArbitrary(60), { numRuns: 200, seed: 1 })
  .map((edits) => playHistory(edits, everything))
const updates = histories.flatMap(({ authored, exchanged }) => [...authored, ...exchanged])
const structs = updates.flatMap((update) =>
  decodeUpdate(update).clients.flatMap(({ client, structs: list }) => list.map((struct) => ({ client, struct }))),
)
const items = structs.flatMap(({ client, struct }) => (struct.type === 'item' ? [{ client, ...struct }] : []))

describe('random histories', () => {
  test.each(Object.entries(ContentKind).filter(([name]) => name !== 'json'))(
    'have content of the kind %s, which is %i',
    (_name, kind) => expect(items.some(({ content }) => content.kind === kind)).toBe(true),
  )

  test.each([0, 1, 2, 3, 4, 5, 6])('have shared types of the reference %i', (reference) => {
    const isType = (kind: number, payload: Uint8Array) => kind === ContentKind.type && payload.at(0) === reference
    expect(items.some(({ content }) => isType(content.kind, content.payload))).toBe(true)
  })

  test('have garbage that was collected, and deletions', () => {
    expect(structs.some(({ struct }) => struct.type === 'gc')).toBe(true)
    expect(updates.some((update) => !decodeUpdate(update).deletes.isEmpty)).toBe(true)
  })

  test('have client IDs of 1, 32 and 53 bits', () => {
    expect(new Set(items.map(({ client }) => client))).toEqual(new Set([1, 2 ** 32 - 1, Number.MAX_SAFE_INTEGER]))
  })

  test('have items in roots and in types, between others, under keys and beside the end', () => {
    expect(items.some(({ parent }) => parent?.type === 'root')).toBe(true)
    expect(items.some(({ parent, parentSub }) => parent?.type === 'item' && parentSub !== null)).toBe(true)
    expect(items.some(({ origin, rightOrigin }) => origin !== null && rightOrigin !== null)).toBe(true)
    expect(items.some(({ origin, rightOrigin }) => origin === null && rightOrigin !== null)).toBe(true)
    expect(items.some(({ keyed, parent }) => keyed && parent === null)).toBe(true)
  })

  test('have text with surrogate pairs, and pairs that were cut', () => {
    const texts = items.flatMap(({ content }) => (content.kind === ContentKind.string ? [textOf(content.payload)] : []))
    expect(texts.some((text) => /[\uD800-\uDBFF][\uDC00-\uDFFF]/.test(text))).toBe(true)
    // The words have it too, but alone.
    expect(texts.some((text) => text.length > 1 && text.includes('\uFFFD'))).toBe(true)
  })

  test('undo and redo, and write something when they do', () => {
    expect(histories.some(({ undone }) => undone > 0)).toBe(true)
    expect(histories.reduce((sum, { undone }) => sum + undone, 0)).toBeGreaterThan(histories.length / 4)
  })

  test('end with replicas that agree, three levels deep, with subdocuments and embeds in them', () => {
    const docs = histories.map(({ replicas }) => replicas.at(0)!)
    expect(docs.some((doc) => doc.subdocs.size > 0)).toBe(true)
    expect(docs.some((doc) => depthOf(doc.getArray('array').toArray()) >= 3)).toBe(true)
    const isEmbed = ({ insert }: { insert?: unknown }): boolean => typeof insert === 'object'
    expect(docs.some((doc) => (doc.getText('text').toDelta() as { insert?: unknown }[]).some(isEmbed))).toBe(true)
  })
})

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

/** How many shared types there are inside of each other. */
function depthOf(values: readonly unknown[]): number {
  return Math.max(
    0,
    ...values.map((value) => {
      if (value instanceof Y.Array || value instanceof Y.XmlFragment) return 1 + depthOf(value.toArray())
      return value instanceof Y.Map ? 1 + depthOf([...value.values()]) : 0
    }),
  )
}
