import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { diffUpdate } from './diff.ts'
import { FUZZ_TIMEOUT_MS, fuzz } from './fuzz.fixture.ts'
import { mergeUpdates } from './merge.ts'
import { editsArbitrary, playHistory } from './random-document.fixture.ts'
import * as fast from './update-ids.ts'
import { convertUpdateFormatV1ToV2, convertUpdateFormatV2ToV1 } from './format-v2/convert.ts'
import {
  diffUpdateV2,
  encodeStateVectorFromUpdate,
  encodeStateVectorFromUpdateV2,
  mergeUpdatesV2,
  parseUpdateMeta,
  parseUpdateMetaV2,
} from './yjs-updates.ts'

test(
  'updates in format v2 are merged, compared and described as the same ones in format v1',
  { timeout: FUZZ_TIMEOUT_MS },
  () => {
    fc.assert(
      fc.property(editsArbitrary(30), fc.nat(), (edits, choice) => {
        const { authored, replicas } = playHistory(edits)
        const some = authored.filter((_, at) => (at + choice) % 4 !== 0)
        const merged = mergeUpdates(some)
        const mergedV2 = mergeUpdatesV2(some.map(convertUpdateFormatV1ToV2))
        expectSameIds(mergedV2, merged)
        const stateVector = Y.encodeStateVector(replicas.at(0)!)
        expectSameIds(diffUpdateV2(mergedV2, stateVector), diffUpdate(merged, stateVector))
        expect(encodeStateVectorFromUpdateV2(Y.encodeStateAsUpdateV2(replicas.at(0)!))).toEqual(stateVector)
        const known = Y.encodeStateAsUpdate(replicas.at(0)!)
        for (const update of [known, merged])
          expect(encodeStateVectorFromUpdate(update)).toEqual(fast.encodeStateVectorFromUpdate(update))
        const { from, to } = Y.parseUpdateMeta(known)
        expect(parseUpdateMeta(known)).toEqual({ from, to })
        expect(parseUpdateMetaV2(convertUpdateFormatV1ToV2(known))).toEqual({ from, to })
      }),
      fuzz(),
    )
  },
)

/** The bytes may differ: a conversion drops hints of keys, by which values are told apart when they are joined. */
function expectSameIds(v2: Uint8Array, v1: Uint8Array): void {
  const [actual, expected] = [fast.updateIds(convertUpdateFormatV2ToV1(v2)), fast.updateIds(v1)]
  expect(actual.structs.equals(expected.structs)).toBe(true)
  expect(actual.deletes.equals(expected.deletes)).toBe(true)
}
