import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { cursorAt, resolvePosition } from './cursor-position.ts'

function textOf(content: string): Y.Text {
  const text = new Y.Doc().getText('body')
  text.insert(0, content)
  return text
}

/** As it arrives through awareness. */
function sent(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

describe('a position in the text', () => {
  it('moves with the words around it', () => {
    const text = textOf('hello world')
    const { anchor, head } = cursorAt(text, 6, 11)
    text.insert(0, 'oh, ')
    expect(resolvePosition(sent(anchor), text)).toBe(10)
    expect(resolvePosition(sent(head), text)).toBe(15)
  })

  it('is unknown while its words have not arrived, and known after', () => {
    const [ahead, behind] = [textOf(''), textOf('')]
    ahead.insert(0, 'new')
    const position = sent(cursorAt(ahead, 1, 1).anchor)
    expect(resolvePosition(position, behind)).toBeUndefined()
    Y.applyUpdate(behind.doc!, Y.encodeStateAsUpdate(ahead.doc!))
    expect(resolvePosition(position, behind)).toBe(1)
  })

  it('in another text of the document is not in this one', () => {
    const text = textOf('here')
    const other = text.doc!.getText('elsewhere')
    other.insert(0, 'there')
    expect(resolvePosition(sent(cursorAt(other, 1, 1).anchor), text)).toBeUndefined()
  })

  it('made of nonsense is nowhere, or inside of the text', () => {
    const text = textOf('hello')
    const id = fc.record({ client: fc.anything(), clock: fc.anything() })
    const known = fc.record({ client: fc.constant(text.doc!.clientID), clock: fc.double() })
    const nonsense = fc.record(
      {
        type: id,
        item: fc.oneof(id, known),
        tname: fc.oneof(fc.constant('body'), fc.anything()),
        assoc: fc.anything(),
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.oneof(fc.anything(), nonsense), (position) => {
        const index = resolvePosition(position, text)
        expect(index === undefined || (index >= 0 && index <= text.length)).toBe(true)
      }),
    )
    expect(text.toJSON()).toBe('hello')
  })
})
