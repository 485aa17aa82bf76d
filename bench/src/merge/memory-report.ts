/** What goes between the memory rows and the process that measures for them. */
import type { PackedUpdates } from '../workloads/packed-updates.ts'

/** What is loaded in the process. */
export type Holder = 'store' | 'document'

export interface MemoryRequest {
  readonly holder: Holder
  /** Packed: a message of many small arrays would take long. */
  readonly updates: PackedUpdates
}

export interface MemoryReport {
  /** Of the JavaScript heap and of buffers outside of it, for one loaded copy. */
  readonly retainedBytes: number
  /** What the copy encodes to, to be checked. */
  readonly encoded: Uint8Array
}
