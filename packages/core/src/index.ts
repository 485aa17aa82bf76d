/** The public face of the merge core. */

// Documents
export {
  Doc,
  Transaction,
  applyUpdate,
  applyUpdateV2,
  encodeStateAsUpdate,
  encodeStateAsUpdateV2,
  transact,
} from './replica/index.ts'
export type { Changes, DeltaStep, DocEvents, DocOptions, KeyChange, Observer } from './replica/index.ts'

// Shared types, and what they tell. The short names are those of Yjs; the long ones hide no global
export {
  SharedType,
  YArray,
  YArray as Array,
  YArrayEvent,
  YEvent,
  YMap,
  YMap as Map,
  YMapEvent,
  YText,
  YText as Text,
  YTextEvent,
  YXmlElement,
  YXmlElement as XmlElement,
  YXmlEvent,
  YXmlFragment,
  YXmlFragment as XmlFragment,
  YXmlHook,
  YXmlHook as XmlHook,
  YXmlText,
  YXmlText as XmlText,
  YXmlTreeWalker,
} from './replica/index.ts'
export { DeleteItem, DeleteSet } from './replica/index.ts'

// Undo
export {
  CAPTURE_TIMEOUT_MS,
  StackItem,
  UndoManager,
  type StackItemEvent,
  type UndoManagerEvents,
  type UndoManagerOptions,
} from './replica/index.ts'

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
  type RelativePositionJson,
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
  type ComputeYChange,
} from './replica/index.ts'

// A document as its device keeps it: the fastest to load
export { encodeColumns, loadColumns } from './replica/index.ts'

// Updates: bytes in, bytes out
export { mergeUpdates } from './merge.ts'
export { diffUpdate, withDeletesInOrder } from './diff.ts'
export {
  encodeStateVectorFromUpdate,
  updateIds,
  updateRanges,
  type UpdateIds,
  type UpdateRanges,
} from './update-ids.ts'
export { emptyUpdate, isEmptyUpdate } from './update.ts'

// Updates kept merged
export { UpdateStore, type Added, type CompactOptions } from './update-store.ts'

// Updates as values
export { decodeUpdate, encodeUpdate, type ClientStructs, type Update } from './update.ts'
export type { Gc, Item, Parent, Skip, Struct } from './struct.ts'
export * as ContentKind from './content-kind.ts'
export type { Content } from './content.ts'
export { Cut } from './text-run.ts'
export { NESTING_DEPTH_MAX } from './any.ts'

// Format v2
export { decodeUpdateV2, encodeUpdateV2, UNPAID_STRUCTS_MAX, type UnfoldingLimit } from './format-v2/update-v2.ts'
export { convertUpdateFormatV1ToV2, convertUpdateFormatV2ToV1 } from './format-v2/convert.ts'
export { REPEATED_KEY_BYTES_MAX } from './format-v2/key-column.ts'

// What somebody has
export type { Id } from './id.ts'
export { IdSet, decodeIdSet, encodeIdSet, type IdRange } from './id-set.ts'
export { decodeStateVector, encodeStateVector, type HasStateVector, type StateVector } from './state-vector.ts'

// Bytes
export { ByteReader } from './byte-reader.ts'
export { ByteWriter } from './byte-writer.ts'

// Errors
export {
  CONFLICTS_REPORTED_MAX,
  ConflictError,
  DecodeError,
  assert,
  type Conflict,
  type DecodeErrorCode,
} from './errors.ts'
