/** Several authors at once, as a trace has it: each hears of the others what it heard of them then, and in the end all have everything. */
import { CLIENT_IDS } from '../workloads/keystrokes.ts'
import type { ConcurrentTrace } from '../workloads/concurrent-trace.ts'
import { playTransaction } from '../replica/workload.ts'
import type { Replica, Subject } from '../subjects/subject.ts'
import type { Outcome, Scenario } from './scenario.ts'

/** `traceOf` is first asked when it is played. */
export function authors(traceOf: () => ConcurrentTrace): Scenario {
  return {
    name: 'authors at once',
    timesAtLeast: 8,
    prepare: (subject) => {
      const trace = traceOf()
      return () => play(subject, trace)
    },
    isRight: ({ text }) => Number.isNaN(traceOf().endLength) || text.length === traceOf().endLength,
  }
}

function play(subject: Subject, trace: ConcurrentTrace): Outcome {
  const updates: Uint8Array[] = []
  let updateBytes = 0
  const create = (_: unknown, author: number): Replica => {
    const replica = subject.create(CLIENT_IDS[0] + author)
    replica.onUpdate((update) => {
      updates.push(update)
      updateBytes += update.length
    })
    return replica
  }
  const first = create(undefined, 0)
  const replicas = [first, ...Array.from({ length: trace.authors - 1 }, (_, index) => create(_, index + 1))] as const
  const received = replicas.map(() => new Uint8Array(trace.events.length))
  trace.events.forEach(({ author, receives, edits }, index) => {
    const replica = replicas[author]!
    for (const other of receives) {
      received[author]![other] = 1
      replica.applyUpdate(updates[other]!)
    }
    received[author]![index] = 1
    playTransaction(replica, edits)
  })
  replicas.forEach((replica, author) => {
    updates.forEach((update, index) => {
      if (received[author]![index] === 0) replica.applyUpdate(update)
    })
  })
  return { replicas, updateBytes }
}
