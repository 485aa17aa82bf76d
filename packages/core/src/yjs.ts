/**
 * The names that the package `yjs` exports, for apps and bindings that import it: a bundler that takes this for `yjs` gives them our replica. What is missing here
 * is missing; nothing pretends to be there.
 */
export * from './documents.ts'
export { SharedType as AbstractType } from './replica/shared-type.ts'
export { findRootTypeKey } from './replica/relative-position.ts'

// What was deleted
export { createDeleteSet, equalDeleteSets, isDeleted, mergeDeleteSets } from './replica/delete-set.ts'

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

// Items, as far as apps see them
export { createID, ID, Item } from './replica/item.ts'
export { ContentFormat, ContentString, ContentType } from './replica/item-content.ts'
export { isParentOf, iterateDeletedStructs } from './replica/item-names.ts'
export { sameId as compareIDs } from './id.ts'
