/** Relative positions and snapshots. */
import { arrayOf, textOf, type Case } from './case.fixture.ts'

export const positionCases: readonly Case[] = [
  {
    title: 'relative positions stay with their neighbour',
    needs: ['createRelativePositionFromTypeIndex'],
    run: (library, doc) => {
      doc.clientID = 3
      const it = textOf(doc, 'abcdef')
      const all = [0, 3, 6].flatMap((at) => [
        library.createRelativePositionFromTypeIndex(it, at),
        library.createRelativePositionFromTypeIndex(it, at, -1),
      ])
      const encoded = all.map((position) => library.encodeRelativePosition(position))
      const json = all.map((position) => JSON.stringify(position))
      it.insert(3, 'xx')
      it.delete(0, 1)
      it.insert(0, 'y')
      it.insert(it.length, 'z')
      const indices = encoded.map((bytes) =>
        library.createAbsolutePositionFromRelativePosition(library.decodeRelativePosition(bytes), doc),
      )
      return [
        encoded,
        json,
        indices.map((position) => [position?.index, position?.assoc, position?.type === it]),
        library.compareRelativePositions(all.at(0)!, library.createRelativePositionFromJSON(JSON.parse(json.at(0)!))),
        library.compareRelativePositions(all.at(0)!, all.at(1)!),
      ]
    },
  },
  {
    title: 'relative positions of what is deleted, of nested types, and of what is unknown',
    needs: ['createRelativePositionFromTypeIndex'],
    run: (library, doc) => {
      doc.clientID = 3
      const inner = new library.Text('abc')
      arrayOf(doc, inner, 1)
      const position = library.createRelativePositionFromTypeIndex(inner, 1)
      inner.delete(0, 2)
      const deleted = library.createAbsolutePositionFromRelativePosition(position, doc)?.index
      doc.getArray('array').delete(0)
      const gone = library.createAbsolutePositionFromRelativePosition(position, doc)
      return [
        deleted,
        gone === null || gone.index,
        library.createAbsolutePositionFromRelativePosition(position, new library.Doc()),
      ]
    },
  },
  {
    title: 'snapshots: equal, encoded, and made into documents',
    needs: ['createDocFromSnapshot'],
    run: (library, doc) => {
      doc.gc = false
      doc.clientID = 3
      const it = textOf(doc, 'abc')
      doc.getMap('map').set('k', 1)
      const before = library.snapshot(doc)
      it.delete(1, 1)
      doc.getMap('map').set('k', 2)
      const after = library.snapshot(doc)
      const decoded = library.decodeSnapshot(library.encodeSnapshot(before))
      const old = library.createDocFromSnapshot(doc, before)
      return [
        library.encodeSnapshot(after),
        library.encodeSnapshotV2(after),
        library.equalSnapshots(before, decoded),
        library.equalSnapshots(before, after),
        old.getText('text').toJSON(),
        old.getMap('map').toJSON(),
        library.snapshotContainsUpdate(after, library.encodeStateAsUpdate(doc)),
        library.encodeSnapshot(library.emptySnapshot),
      ]
    },
  },
  {
    title: 'a snapshot of a document that collects',
    needs: ['createDocFromSnapshot'],
    run: (library, doc) => library.createDocFromSnapshot(doc, library.snapshot(doc)),
  },
]
