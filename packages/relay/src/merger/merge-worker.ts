/** What runs in a thread of a worker merger (worker-merger.ts): takes one job at a time, and answers it. */
import { parentPort } from 'node:worker_threads'
import { DecodeError, assert } from '@syncline/core'
import { buffersOf, runJob, type MergeJobs, type MergeKind, type MergeResults } from './merge-job.ts'

export interface MergeRequest {
  readonly kind: MergeKind
  readonly job: MergeJobs[MergeKind]
}

export type MergeResponse =
  | { readonly type: 'done'; readonly result: MergeResults[MergeKind] }
  | { readonly type: 'malformed'; readonly message: string }

const port = parentPort
assert(port !== null, 'this module runs in a thread')

// Whatever else is thrown ends the thread, which its owner hears of.
port.on('message', ({ kind, job }: MergeRequest) => {
  const response = answer(kind, job)
  port.postMessage(response, response.type === 'done' ? buffersOf(response.result) : [])
})

function answer(kind: MergeKind, job: MergeJobs[MergeKind]): MergeResponse {
  try {
    return { type: 'done', result: runJob(kind, job as never) }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return { type: 'malformed', message: error.message }
  }
}
