/** The public face of the merge core. */

// Documents, shared types, undo, positions and snapshots
export * from './documents.ts'
export type { DocEvents, DocOptions } from './replica/doc-core.ts'
export type { StackItemEvent, UndoManagerEvents, UndoManagerOptions } from './replica/undo-manager.ts'
export type { Changes, DeltaStep, KeyChange } from './replica/event.ts'
export type { ComputeYChange } from './replica/text-delta.ts'
export type { RelativePositionJson } from './replica/relative-position.ts'
export { CAPTURE_TIMEOUT_MS, StackItem } from './replica/undo-manager.ts'
export { DeleteItem, DeleteSet } from './replica/delete-set.ts'

// Shared types by names that hide no global
export { SharedType, type Observer } from './replica/shared-type.ts'
export { YArray } from './replica/array.ts'
export { YMap } from './replica/map.ts'
export { YText } from './replica/text.ts'
export { YXmlElement, YXmlFragment, YXmlHook, YXmlText } from './replica/xml.ts'
export { YXmlTreeWalker } from './replica/xml-tree-walker.ts'

// A document as its device keeps it: the fastest to load
export { encodeColumns } from './replica/encode-columns.ts'
export { loadColumns } from './replica/load-columns.ts'

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
export { REPEATED_KEY_BYTES_MAX } from './format-v2/key-column.ts'

// What somebody has
export type { Id } from './id.ts'
export { IdSet, decodeIdSet, encodeIdSet, type IdRange } from './id-set.ts'
export type { HasStateVector, StateVector } from './state-vector.ts'

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
