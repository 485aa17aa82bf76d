/** Fixed edits for every kind of content, every shared type and every way to change them. What Yjs 13.6 writes for them is in `golden/`. */
import type * as Y from 'yjs'
import type { Library } from './library.fixture.ts'

export interface GoldenScript {
  /** Also the name of the file. */
  readonly name: string
  readonly gc?: boolean
  readonly clientId?: number
  /** An export that not every library has. */
  readonly needs?: keyof Library
  readonly edit: (library: Library, doc: Y.Doc) => void
}

export const goldenScripts: readonly GoldenScript[] = [
  {
    name: 'text',
    edit: (_, doc) => {
      const text = doc.getText('text')
      for (const character of 'typed') text.insert(text.length, character)
      text.insert(0, 'a\u00F6\u6F22\u{1F600} ')
      text.delete(2, 3)
      text.insert(3, 'x')
      text.delete(0, text.length)
    },
  },
  {
    name: 'text with cut pairs',
    edit: (_, doc) => {
      const text = doc.getText('text')
      text.insert(0, 'a\u{1F600}b\u{1F600}c')
      text.insert(2, '-')
      text.delete(6, 1)
    },
  },
  {
    name: 'text formatted',
    edit: (_, doc) => {
      const text = doc.getText('text')
      text.insert(0, 'one two three')
      text.format(4, 3, { bold: true })
      text.format(2, 8, { bold: true, link: { href: 'https://example.org' } })
      text.insert(5, 'in', { italic: true })
      text.insert(5, 'plain', {})
      text.format(0, text.length, { bold: null })
      text.delete(1, 9)
    },
  },
  {
    name: 'text by delta',
    edit: (_, doc) => {
      const text = doc.getText('text')
      text.applyDelta([{ insert: 'one', attributes: { bold: true } }, { insert: ' two\n' }])
      text.applyDelta([
        { retain: 2 },
        { delete: 2 },
        { retain: 1, attributes: { size: 1.5 } },
        { insert: { image: 'a.png' } },
      ])
      text.applyDelta([{ insert: '\n' }], { sanitize: false })
    },
  },
  {
    name: 'embeds',
    edit: (library, doc) => {
      const text = doc.getText('text')
      text.insert(0, 'ab')
      text.insertEmbed(1, { image: '\u{1F600}.png', size: [1, null] })
      text.insertEmbed(1, new library.Map([['k', 1]]), { bold: true })
      text.setAttribute('lang', 'en')
      text.setAttribute('lang', 'de')
      text.removeAttribute('lang')
    },
  },
  {
    name: 'values',
    edit: (_, doc) => {
      const array = doc.getArray('array')
      array.push([null, [undefined], true, false, 0, -1, 63, 64, -64, -65, 2 ** 31, -(2 ** 31), 2 ** 53 - 1, 2 ** 53])
      array.push([
        0.5,
        0.1,
        -0.1,
        1e300,
        NaN,
        Infinity,
        [12n, -12n],
        '',
        '\u{1F600}',
        { '': {} },
        [[[]]],
        { a: { b: 1 } },
      ])
      array.push([new Uint8Array(0), Uint8Array.of(0, 128, 255), 'after binary'])
      array.insert(1, ['between'])
      array.delete(2, 5)
      array.unshift([1])
    },
  },
  {
    name: 'map',
    edit: (_, doc) => {
      const map = doc.getMap('map')
      map.set('kept', 1)
      map.set('kept', { two: 2 })
      map.set('gone', 3)
      map.delete('gone')
      map.set('gone', null)
      map.set('bytes', Uint8Array.of(1))
      map.set('\u{1F511}', 'key')
      map.clear()
      map.set('kept', 'again')
    },
  },
  {
    name: 'nested types',
    edit: (library, doc) => {
      const array = doc.getArray<unknown>('array')
      const inner = new library.Map<unknown>()
      array.push([inner, new library.Array(), new library.Text('text'), library.Array.from([1, 'b'])])
      inner.set('array', library.Array.from([new library.Map([['deep', 1]])]))
      inner.set('text', new library.Text(''))
      ;(inner.get('text') as Y.Text).insert(0, 'late')
      doc.getMap('map').set('copy', inner.clone())
      inner.set('text', 1)
      array.delete(0, 2)
    },
  },
  {
    name: 'nested types kept',
    gc: false,
    edit: (library, doc) => {
      const array = doc.getArray<unknown>('array')
      array.push([new library.Text('gone'), library.Array.from([1, 2])])
      ;(array.get(1) as Y.Array<number>).delete(0, 1)
      array.delete(0, 2)
    },
  },
  {
    name: 'xml',
    edit: (library, doc) => {
      const xml = doc.getXmlFragment('xml')
      const [element, text] = [new library.XmlElement('p'), new library.XmlText('one')]
      xml.insert(0, [element, text])
      element.setAttribute('class', 'a')
      element.setAttribute('class', 'b')
      element.setAttribute('id', '1')
      element.removeAttribute('id')
      element.insert(0, [new library.XmlText('in'), new library.XmlElement('br')])
      text.format(0, 2, { strong: { level: 1 } })
      text.setAttribute('lang', 'en')
      xml.insertAfter(element, [new library.XmlHook('hook') as unknown as Y.XmlElement])
      xml.push([element.clone()])
      element.delete(0, 1)
      doc.getArray('array').push([new library.XmlFragment(), new library.XmlElement('in array')])
    },
  },
  {
    name: 'subdocuments',
    edit: (library, doc) => {
      const map = doc.getMap('map')
      map.set('auto', new library.Doc({ guid: 'one', autoLoad: true, meta: { a: [1] } }))
      map.set('kept', new library.Doc({ guid: 'two', gc: false }))
      doc.getArray('array').push([new library.Doc({ guid: 'three' })])
      map.delete('auto')
    },
  },
  {
    name: 'one transaction',
    edit: (library, doc) => {
      doc.transact(() => {
        doc.getText('text').insert(0, 'one')
        doc.getMap('map').set('k', 1)
        doc.getText('text').insert(3, ' two')
        doc.getMap('map').set('k', 2)
        doc.getText('text').delete(1, 2)
        doc.getArray('array').push([new library.Text('x'), 1])
        doc.getArray('array').delete(0)
      })
    },
  },
  {
    name: 'largest client ID',
    clientId: Number.MAX_SAFE_INTEGER,
    edit: (library, doc) => {
      const small = docOf(library, 127, (other) => other.getText('text').insert(0, 'small'))
      library.applyUpdate(doc, library.encodeStateAsUpdate(small))
      doc.getText('text').insert(2, 'large')
      doc.getText('text').delete(1, 3)
    },
  },
  {
    name: 'inserted at one place',
    clientId: 5,
    edit: (library, doc) => {
      const words = ['a', 'bb', 'ccc'].map((word, at) =>
        docOf(library, [9, 4, 2 ** 40].at(at)!, (other) => other.getText('text').insert(0, word)),
      )
      doc.getText('text').insert(0, 'own')
      for (const other of words) library.applyUpdateV2(doc, library.encodeStateAsUpdateV2(other))
      doc.getText('text').delete(1, doc.getText('text').length - 2)
    },
  },
  {
    name: 'waiting for what is missing',
    edit: (library, doc) => {
      const updates: Uint8Array[] = []
      const other = docOf(library, 300, (it) => void it.on('update', (update: Uint8Array) => updates.push(update)))
      for (const word of ['a', 'bc', 'd']) other.getText('text').insert(0, word)
      other.getText('text').delete(1, 1)
      for (const at of [3, 2, 0]) library.applyUpdate(doc, updates.at(at)!)
      doc.getText('text').insert(0, 'own')
    },
  },
  {
    name: 'undone and redone',
    needs: 'UndoManager',
    edit: (library, doc) => {
      const [text, map] = [doc.getText('text'), doc.getMap('map')]
      const undo = new library.UndoManager([text, map] as never[], { captureTimeout: 0 })
      text.insert(0, 'abc')
      text.delete(1, 1)
      map.set('k', 1)
      map.set('k', new library.Text('two'))
      for (let times = 0; times < 4; times++) undo.undo()
      for (let times = 0; times < 3; times++) undo.redo()
      text.insert(1, 'x')
      undo.undo()
      undo.clear()
    },
  },
]

/** Everything that the script makes a document write, a line each: updates as they are emitted, states, diffs, the state vector. */
export function writtenBy(library: Library, { edit, gc = true, clientId = 1 }: GoldenScript): string {
  const lines: string[] = []
  const doc = docOf(library, clientId, (it) => {
    it.gc = gc
    it.on('update', (update: Uint8Array) => lines.push(`update v1 ${hex(update)}`))
    it.on('updateV2', (update: Uint8Array) => lines.push(`update v2 ${hex(update)}`))
  })
  edit(library, doc)
  const half = library.encodeStateVector(new Map([[clientId, 2]]))
  lines.push(
    `state v1  ${hex(library.encodeStateAsUpdate(doc))}`,
    `state v2  ${hex(library.encodeStateAsUpdateV2(doc))}`,
    `diff v1   ${hex(library.encodeStateAsUpdate(doc, half))}`,
    `diff v2   ${hex(library.encodeStateAsUpdateV2(doc, half))}`,
    `state vector ${hex(library.encodeStateVector(doc))}`,
  )
  return `${lines.join('\n')}\n`
}

function docOf(library: Library, clientId: number, edit: (doc: Y.Doc) => void): Y.Doc {
  const doc = new library.Doc({ guid: `golden ${clientId}` })
  doc.clientID = clientId
  edit(doc)
  return doc
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
