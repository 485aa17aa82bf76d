/**
 * Documents of the release candidate of yjs 14, which reads and writes the updates of 13.6. It edits roots alone, in every way that both have: text with formatting, a
 * map, an array. Not here: ywasm, whose documents end with different texts where updates come out of order.
 */
import * as Y14 from '@y/y'
import type { Random } from '../workloads/random.ts'
import type { Participant } from './participant.ts'
import { contentOfUpdate } from './settled.ts'

export function yjs14Document(clientId: number): Participant {
  const doc = new Y14.Doc()
  doc.clientID = clientId
  const [text, map, array]: readonly [Y14.Type, Y14.Type, Y14.Type] = [
    doc.get('text'),
    doc.get('map'),
    doc.get('array'),
  ]
  return {
    library: 'yjs 14 rc',
    isExact: true,
    edit: (random) => editRoots(text, map, array, random),
    onUpdate(listener) {
      doc.on('update', (update, _source, _doc, { local }) => {
        // It tidies up formatting, too, while it applies.
        if (local) listener(update)
      })
    },
    apply: (update) => Y14.applyUpdate(doc, update),
    stateVector: () => Y14.encodeStateVector(doc),
    diff: (stateVector) => Y14.encodeStateAsUpdate(doc, stateVector),
    encode: () => Y14.encodeStateAsUpdate(doc),
    content() {
      const content = contentOfUpdate(Y14.encodeStateAsUpdate(doc))
      const shown = charactersOf(text.toArray())
      return shown === charactersIn(content) ? content : `another text than it encodes: ${shown}`
    },
    // What waits is in nobody's state vector, which is compared.
    isWaiting: () => false,
    destroy: () => doc.destroy(),
  }
}

function editRoots(text: Y14.Type, map: Y14.Type, array: Y14.Type, random: Random): void {
  const kind = random.below(6)
  if (kind < 2) text.insert(random.chance(0.5) ? 0 : text.length, random.pick(['x', 'yz ', 'wörter ', '🙂']))
  else if (kind === 2 && text.length > 0) text.format(0, text.length, { bold: random.pick([true, null]) })
  else if (kind === 3) map.setAttr(random.pick(['a', 'b', 'c', 'd']), random.pick(['value', 7]))
  else if (kind === 4) map.deleteAttr(random.pick(['a', 'b', 'c', 'd']))
  else if (array.length > 0 && random.chance(0.4)) array.delete(random.below(array.length), 1)
  else array.insert(random.below(array.length + 1), [random.pick(['value', 1.5, 12])])
}

/** The characters of the root text, of a whole content; embeds have none. */
function charactersIn(content: string): string {
  const [delta] = JSON.parse(content) as readonly [readonly { readonly insert: unknown }[]]
  return charactersOf(delta.map(({ insert }) => insert))
}

function charactersOf(units: readonly unknown[]): string {
  return units.filter((unit) => typeof unit === 'string').join('')
}
