/**
 * The names that the package `yjs` exports, for apps and bindings that import it: a bundler that takes this for `yjs` gives them our replica. What is missing here
 * is missing; nothing pretends to be there.
 */

// Documents and shared types
export {
  Doc,
  SharedType as AbstractType,
  Transaction,
  YArray as Array,
  YArrayEvent,
  YEvent,
  YMap as Map,
  YMapEvent,
  YText as Text,
  YTextEvent,
  YXmlElement as XmlElement,
  YXmlEvent,
  YXmlFragment as XmlFragment,
  YXmlHook as XmlHook,
  YXmlText as XmlText,
  transact,
} from './replica/index.ts'

// Updates and documents
export { applyUpdate, applyUpdateV2, encodeStateAsUpdate, encodeStateAsUpdateV2 } from './replica/index.ts'

// Undo
export { UndoManager } from './replica/index.ts'

// Positions that stay where they are
export {
  AbsolutePosition,
  compareRelativePositions,
  createAbsolutePositionFromRelativePosition,
  createRelativePositionFromJSON,
  createRelativePositionFromTypeIndex,
  decodeRelativePosition,
  encodeRelativePosition,
  findRootTypeKey,
  RelativePosition,
  relativePositionToJSON,
} from './replica/index.ts'

// What a document was at some moment
export {
  createDocFromSnapshot,
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
} from './replica/index.ts'

// What was deleted
export { createDeleteSet, equalDeleteSets, isDeleted, mergeDeleteSets } from './replica/index.ts'

// Updates without a document
export {
  diffUpdate,
  diffUpdateV2,
  encodeStateVectorFromUpdate,
  encodeStateVectorFromUpdateV2,
  mergeUpdates,
  mergeUpdatesV2,
  parseUpdateMeta,
  parseUpdateMetaV2,
} from './yjs-updates.ts'
export { convertUpdateFormatV1ToV2, convertUpdateFormatV2ToV1 } from './format-v2/convert.ts'
export { decodeStateVector, encodeStateVector } from './state-vector.ts'

// Items, as far as apps see them
export {
  ContentFormat,
  ContentString,
  ContentType,
  createID,
  ID,
  isParentOf,
  Item,
  iterateDeletedStructs,
} from './replica/index.ts'
export { sameId as compareIDs } from './id.ts'
