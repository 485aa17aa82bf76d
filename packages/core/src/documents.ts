/**
 * Documents, under the names that both faces of the package have for them: `index.ts` and `yjs.ts` export all of this, and each what is its own. The short names of shared types are those
 * of Yjs.
 */

// Documents
export { Doc } from './replica/doc.ts'
export { Transaction } from './replica/transaction.ts'
export { transact } from './replica/transact.ts'
export { applyUpdate, applyUpdateV2 } from './replica/apply-update.ts'
export { encodeStateAsUpdate, encodeStateAsUpdateV2 } from './replica/encode-state.ts'
export { decodeStateVector, encodeStateVector } from './state-vector.ts'

// Shared types, and what they tell
export { YArray as Array, YArrayEvent } from './replica/array.ts'
export { YMap as Map, YMapEvent } from './replica/map.ts'
export { YText as Text } from './replica/text.ts'
export { YTextEvent } from './replica/text-event.ts'
export {
  YXmlElement as XmlElement,
  YXmlEvent,
  YXmlFragment as XmlFragment,
  YXmlHook as XmlHook,
  YXmlText as XmlText,
} from './replica/xml.ts'
export { YEvent } from './replica/event.ts'

// Undo
export { UndoManager } from './replica/undo-manager.ts'

// Positions that stay where they are
export {
  AbsolutePosition,
  compareRelativePositions,
  createAbsolutePositionFromRelativePosition,
  createRelativePositionFromJSON,
  createRelativePositionFromTypeIndex,
  decodeRelativePosition,
  encodeRelativePosition,
  RelativePosition,
  relativePositionToJSON,
} from './replica/relative-position.ts'

// What a document was at some moment
export {
  createSnapshot,
  decodeSnapshot,
  decodeSnapshotV2,
  emptySnapshot,
  encodeSnapshot,
  encodeSnapshotV2,
  equalSnapshots,
  Snapshot,
  snapshot,
  snapshotContainsUpdate,
  typeListToArraySnapshot,
  typeMapGetAllSnapshot,
  typeMapGetSnapshot,
} from './replica/snapshot.ts'
export { createDocFromSnapshot } from './replica/doc-from-snapshot.ts'

// Updates from one format to the other
export { convertUpdateFormatV1ToV2, convertUpdateFormatV2ToV1 } from './format-v2/convert.ts'
