/** What a relay does with the content of deleted units when it folds a log. */

/**
 * `drop`: it is forgotten, as by Yjs itself while its documents collect garbage. `keep`: it stays, for documents without garbage
 * collection, whose snapshots show what was deleted.
 */
export type History = 'keep' | 'drop'
