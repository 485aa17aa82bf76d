/** Merging what was read from the device store, where one damaged row must not take the others with it. */
import { DecodeError, mergeUpdates } from '@syncline/core'

/** The merge of all of `updates` that are updates. Throws nothing. */
export function mergeRows(updates: readonly Uint8Array[]): Uint8Array {
  try {
    return mergeUpdates(updates)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return mergeUpdates(updates.filter(isUpdate))
  }
}

/** Whether these bytes are an update. */
export function isUpdate(update: Uint8Array): boolean {
  try {
    mergeUpdates([update])
    return true
  } catch (error) {
    if (error instanceof DecodeError) return false
    throw error
  }
}
