/** Rows about reading: a replica gets the updates of another, one by one, as they were emitted, while an editor listens. */
import { OURS, check } from '../../harness/bench.ts'
import type { Target } from '../../harness/target.ts'
import { scanVarints } from '../../merge/varint-scan.ts'
import type { Replica, Subject } from '../../subjects/subject.ts'
import { READER, type Corpus } from '../corpus.ts'
import { LIMIT, contestant, time, type ReplicaRow } from '../row.ts'

export interface RemoteOptions {
  /** What the row is called; `remote updates`, unless given. */
  readonly name?: string
  /** Whether the replica has a listener on its text. It is told of every update then. */
  readonly isObserved: boolean
  /** What the listener does with an event; nothing, unless given. */
  readonly onEvent?: (event: unknown) => void
  readonly targets: readonly Target[]
}

interface Reading {
  readonly replica: Replica
  readonly told: number
}

/** The limit: every byte of every update, looked at once. */
export function remoteUpdates(
  corpus: Corpus,
  { name = 'remote updates', isObserved, onEvent, targets }: RemoteOptions,
): ReplicaRow {
  const { workload } = corpus
  const read = (subject: Subject, updates: readonly Uint8Array[]): Reading => {
    const replica = subject.create(READER)
    let told = 0
    if (isObserved) {
      replica.onTextChange((event) => {
        told++
        onEvent?.(event)
      })
    }
    for (const update of updates) replica.applyUpdate(update)
    return { replica, told }
  }
  return {
    name: `${workload.name}: ${name}`,
    metrics: [time],
    targets,
    updatesApplied: workload.transactions,
    entryTransactions: workload.entryTransactions,
    prepare({ scale, subjects, tell }) {
      let profiled: (() => unknown) | undefined
      let scanned: readonly Uint8Array[] = []
      const contestants = subjects.map((subject) => {
        tell(subject.name)
        const updates = corpus.updatesOf(subject)
        if (subject.name === OURS) profiled = () => read(subject, updates)
        if (subject.encoding === 'identical to yjs') scanned = updates
        return contestant(
          {
            subject: subject.name,
            run: () => read(subject, updates),
            check({ replica, told }) {
              corpus.checkReplica(subject, replica)
              check(told === (isObserved ? updates.length : 0), `${subject.name}: the listener was told ${told} times`)
            },
            dispose: ({ replica }) => replica.free(),
          },
          scale,
        )
      })
      contestants.push(
        contestant(
          {
            subject: LIMIT,
            run: () => scanVarints(scanned),
            check: ({ varints }) => check(varints > 0, 'nothing was read'),
          },
          scale,
        ),
      )
      return { contestants, profiled }
    },
  }
}
