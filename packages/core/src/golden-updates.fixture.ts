/**
 * Bytes that a released Yjs wrote (13.6.33), one update per part of the format, each beside the code that made it. The tests
 * read the bytes, and also run the code with the installed Yjs, so that a change of the format's reference shows.
 */
import * as Y from 'yjs'

export interface GoldenUpdate {
  readonly name: string
  /** Makes the same bytes again. */
  readonly make: () => Uint8Array
  /** The structs, in the order of the bytes: `gc`, `skip`, or the kind of an item's content, with its length. */
  readonly structs: readonly string[]
  /** The deleted ranges: client, start, end. */
  readonly deletes: readonly (readonly [number, number, number])[]
  readonly hex: string
}

export const goldenUpdates: readonly GoldenUpdate[] = [
  { name: 'nothing', make: () => Y.encodeStateAsUpdate(new Y.Doc()), structs: [], deletes: [], hex: '0000' },
  {
    name: 'one keystroke between others, by a client with the largest ID',
    make: () => {
      const doc = written(1, (it) => it.getText('text').insert(0, 'ac'))
      return lastUpdate(doc, Number.MAX_SAFE_INTEGER, () => doc.getText('text').insert(1, 'b'))
    },
    structs: ['string 1'],
    deletes: [],
    hex: '0101ffffffffffffff0f00c401000101016200',
  },
  {
    name: 'rich text: formatting, an embed, and characters of one to four bytes',
    make: () =>
      state(1, (doc) => {
        const text = doc.getText('text')
        text.insert(0, 'aö漢😀z')
        text.format(1, 2, { bold: true, link: { href: 'https://example.org' } })
        text.insertEmbed(0, { image: 'a.png' })
        text.delete(2, 1)
      }),
    structs: [
      'string 1',
      'deleted 1',
      'string 1',
      'string 3',
      'format 1',
      'format 1',
      'format 1',
      'format 1',
      'embed 1',
    ],
    deletes: [[1, 1, 2]],
    hex: '010901000401047465787401618101000184010103e6bca284010205f09f98807ac60100010104626f6c640474727565c601060101046c696e6b1e7b2268726566223a2268747470733a2f2f6578616d706c652e6f7267227dc60102010304626f6c64046e756c6cc601080103046c696e6b046e756c6c450100117b22696d616765223a22612e706e67227d0101010101',
  },
  {
    name: 'a text whose surrogate pair was cut',
    make: () =>
      state(1, (doc) => {
        doc.getText('text').insert(0, 'a😀b')
        doc.getText('text').insert(2, '-')
      }),
    structs: ['string 2', 'string 2', 'string 1'],
    deletes: [],
    hex: '01030100040104746578740461efbfbd84010104efbfbd62c401010102012d00',
  },
  {
    name: 'an array with a value of every type',
    make: () =>
      state(1, (doc) =>
        doc
          .getArray('array')
          .push([null, [undefined], true, false, 0, -1, 63, 64, 2_147_483_648, 0.5, 0.1, [12n], 'ö', { a: [{}] }]),
      ),
    structs: ['any 14'],
    deletes: [],
    hex: '0101010008010561727261790e7e75017f78797d007d417d3f7d80017c4f0000007c3f0000007b3fb999999999999a75017a000000000000000c7702c3b6760101617501760000',
  },
  {
    name: 'a map with overwritten and deleted keys',
    make: () =>
      state(1, (doc) => {
        const map = doc.getMap('map')
        map.set('kept', 1)
        map.set('kept', 2)
        map.set('gone', 3)
        map.delete('gone')
      }),
    structs: ['deleted 1', 'any 1', 'deleted 1'],
    deletes: [
      [1, 0, 1],
      [1, 2, 3],
    ],
    hex: '010301002101036d6170046b65707401a80100017d022101036d617004676f6e650101010200010201',
  },
  {
    name: 'binary values',
    make: () => state(1, (doc) => doc.getArray('array').push([new Uint8Array([0, 255]), new Uint8Array(0)])),
    structs: ['binary 1', 'binary 1'],
    deletes: [],
    hex: '0102010003010561727261790200ff8301000000',
  },
  {
    name: 'every shared type, nested',
    make: () =>
      state(1, (doc) => {
        doc
          .getArray('array')
          .push([new Y.Array(), new Y.Map(), new Y.Text('t'), new Y.XmlFragment(), new Y.XmlText('x')])
        const element = new Y.XmlElement('p')
        doc.getXmlFragment('xml').push([element, new Y.XmlHook('hook') as unknown as Y.XmlElement])
        element.setAttribute('class', 'a')
      }),
    structs: ['type 1', 'type 1', 'type 1', 'string 1', 'type 1', 'type 1', 'string 1', 'type 1', 'type 1', 'any 1'],
    deletes: [],
    hex: '010a010007010561727261790087010001870101020400010201748701020487010406040001050178070103786d6c0301708701070504686f6f6b2800010705636c6173730177016100',
  },
  {
    name: 'a subdocument',
    make: () =>
      state(1, (doc) => doc.getMap('map').set('sub', new Y.Doc({ guid: 'sub', autoLoad: true, meta: { a: 1 } }))),
    structs: ['document 1'],
    deletes: [],
    hex: '010101002901036d617003737562037375627602086175746f4c6f616478046d657461760101617d0100',
  },
  {
    name: 'a deleted type with its children',
    make: () =>
      state(1, (doc) => {
        doc.getArray('array').push([new Y.Text('gone'), 1])
        doc.getArray('array').delete(0)
      }),
    structs: ['deleted 1', 'gc 4', 'any 1'],
    deletes: [[1, 0, 5]],
    hex: '010301000101056172726179010004880100017d010101010005',
  },
  {
    name: 'a gap, merged by Yjs',
    make: () => {
      const updates: Uint8Array[] = []
      const doc = new Y.Doc()
      doc.clientID = 300
      doc.on('update', (update: Uint8Array) => updates.push(update))
      for (const word of ['a', 'bc', 'd']) doc.getText('text').insert(0, word)
      return Y.mergeUpdates([updates.at(0)!, updates.at(2)!])
    },
    structs: ['string 1', 'skip 2', 'string 1'],
    deletes: [],
    hex: '0103ac02000401047465787401610a0244ac0201016400',
  },
  {
    name: 'two clients that insert at one place, and one deletes',
    make: () => {
      const a = written(200, (doc) => doc.getText('text').insert(0, 'left'))
      const b = written(4_294_967_295, (doc) => doc.getText('text').insert(0, 'right'))
      Y.applyUpdate(a, Y.encodeStateAsUpdate(b))
      a.getText('text').delete(2, 4)
      return Y.encodeStateAsUpdate(a)
    },
    structs: ['deleted 2', 'string 3', 'string 2', 'deleted 2'],
    deletes: [
      [4294967295, 0, 2],
      [200, 2, 4],
    ],
    hex: '0202ffffffff0f00010104746578740284ffffffff0f010367687402c8010004010474657874026c6581c801010202ffffffff0f010002c801010202',
  },
]

/** Array content as early versions of Yjs wrote it: JSON, and the word `undefined`. Written by hand, since no Yjs of today writes it. */
export const legacyJsonUpdate = {
  hex: '01010100020105617272617903013109756e646566696e6564077b2261223a317d00',
  array: [1, undefined, { a: 1 }],
} as const

export function bytesOfHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function written(clientId: number, edit: (doc: Y.Doc) => void): Y.Doc {
  const doc = new Y.Doc({ guid: 'golden' })
  doc.clientID = clientId
  edit(doc)
  return doc
}

function state(clientId: number, edit: (doc: Y.Doc) => void): Uint8Array {
  return Y.encodeStateAsUpdate(written(clientId, edit))
}

function lastUpdate(doc: Y.Doc, clientId: number, edit: () => void): Uint8Array {
  let last = new Uint8Array(0)
  doc.on('update', (update: Uint8Array) => (last = Uint8Array.from(update)))
  doc.clientID = clientId
  edit()
  return last
}
