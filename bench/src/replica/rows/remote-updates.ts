/** Rows about reading: a replica gets the updates of another, one by one, as they were emitted, while an editor listens. */
import { OURS, check } from '../../harness/bench.ts'
import type { Target } from '../../harness/target.ts'
import { scanVarints } from '../../merge/varint-scan.ts'
import type { Replica, Subject } from '../../subjects/subject.ts'
import type { Corpus } from '../corpus.ts'
import { LIMIT, contestant, time, type ReplicaRow } from '../row.ts'
import { READER } from '../workload.ts'

export interface RemoteOptions {
  /** What the row is called; `remote updates`, unless given. */
  readonly name?: string
  /** Whether the replica has a listener on its text. It is told of every update then. */
  readonly isObserved: boolean
  /** Whether the listener reads what changed where; of the libraries that work it out when they are asked. */
  readonly readsDelta?: boolean
  readonly targets: readonly Target[]
}

interface WithDelta {
  readonly delta: readonly unknown[]
}

interface Reading {
  readonly replica: Replica
  readonly told: number
}

/** The limit: every byte of every update, looked at once. */
export function remoteUpdates(
  corpus: Corpus,
  { name = 'remote updates', isObserved, readsDelta = false, targets }: RemoteOptions,
): ReplicaRow {
  const { workload } = corpus
  const read = (subject: Subject, updates: readonly Uint8Array[]): Reading => {
    const replica = subject.create(READER)
    let told = 0
    if (isObserved) {
      replica.onTextChange((event) => {
        told++
        if (readsDelta) check((event as WithDelta).delta.length > 0, `${subject.name}: a change without a delta`)
      })
    }
    for (const update of updates) replica.applyUpdate(update)
    return { replica, told }
  }
  return {
    name: `${workload.name}: ${name}`,
    metrics: [time],
    targets,
    *efforts(subject) {
      if (readsDelta && subject.encoding !== 'identical to yjs') return
      yield corpus.effort.writing(subject)
      yield corpus.effort.applying(subject)
    },
    prepare({ scale, subjects, tell }) {
      let profiled: (() => unknown) | undefined
      let scanned: readonly Uint8Array[] = []
      const asked = subjects.filter(({ encoding }) => !readsDelta || encoding === 'identical to yjs')
      const contestants = asked.map((subject) => {
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
          targets,
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
