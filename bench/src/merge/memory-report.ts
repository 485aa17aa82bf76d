/** What goes between the memory rows and the process that measures for them. */

/** What is loaded in the process. */
export type Holder = 'store' | 'document'

export interface MemoryRequest {
  readonly holder: Holder
  /** All updates, one behind the other: a message of many small arrays would take long. */
  readonly bytes: Uint8Array
  /** Where each update ends. */
  readonly ends: Uint32Array
}

export interface MemoryReport {
  /** Of the JavaScript heap and of buffers outside of it, for one loaded copy. */
  readonly retainedBytes: number
  /** What the copy encodes to, to be checked. */
  readonly encoded: Uint8Array
}
