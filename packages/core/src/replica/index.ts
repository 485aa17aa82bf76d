/** The face of the replica inside of the package; `../index.ts` and `../yjs.ts` choose from it.
 *
 * The replica: a document like Yjs's, byte for byte, on typed arrays. */
export { Doc } from './doc.ts'
export { YArray, YArrayEvent } from './array.ts'
export { YMap, YMapEvent } from './map.ts'
export { YText } from './text.ts'
export { YTextEvent } from './text-event.ts'
export { YXmlTreeWalker } from './xml-tree-walker.ts'
export { YXmlElement, YXmlEvent, YXmlFragment, YXmlHook, YXmlText } from './xml.ts'
export { createDeleteSet, DeleteItem, DeleteSet, equalDeleteSets, isDeleted, mergeDeleteSets } from './delete-set.ts'
export { createID, ID, Item } from './item.ts'
export { ContentFormat, ContentString, ContentType } from './item-content.ts'
export { isParentOf, iterateDeletedStructs } from './item-names.ts'
export type { DocEvents, DocOptions } from './doc-core.ts'
export type { Changes, DeltaStep, KeyChange } from './event.ts'
export { SharedType, type Observer } from './shared-type.ts'
export { YEvent } from './event.ts'
export { transact } from './transact.ts'
export { Transaction } from './transaction.ts'
export { applyUpdate, applyUpdateV2 } from './apply-update.ts'
export { encodeStateAsUpdate, encodeStateAsUpdateV2 } from './encode-state.ts'
export {
  CAPTURE_TIMEOUT_MS,
  StackItem,
  UndoManager,
  type StackItemEvent,
  type UndoManagerEvents,
  type UndoManagerOptions,
} from './undo-manager.ts'
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
  type RelativePositionJson,
} from './relative-position.ts'
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
} from './snapshot.ts'
export { createDocFromSnapshot } from './doc-from-snapshot.ts'
export type { ComputeYChange } from './text-snapshot.ts'
export { encodeColumns } from './encode-columns.ts'
export { loadColumns } from './load-columns.ts'
