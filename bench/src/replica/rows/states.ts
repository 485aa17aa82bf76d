/** Rows about whole documents: loading what is stored, in a process that has done so before, and writing it. */
import { OURS, check } from '../../harness/bench.ts'
import type { Target } from '../../harness/target.ts'
import { scanVarints } from '../../merge/varint-scan.ts'
import type { Replica, Subject } from '../../subjects/subject.ts'
import type { Corpus } from '../corpus.ts'
import { readRoot, rootOf } from '../read-root.ts'
import { LIMIT, contestant, size, time, type ReplicaRow } from '../row.ts'

/** From bytes to what is shown. The limit: every byte of yjs's encoding, looked at once. */
export function warmLoad(corpus: Corpus, targets: readonly Target[]): ReplicaRow {
  const { content, name } = corpus.workload
  const root = rootOf(content)
  const load = (subject: Subject, state: Uint8Array): Replica => {
    const replica = subject.load(state)
    readRoot(replica, root)
    return replica
  }
  return {
    name: `${name}: load, warm`,
    metrics: [time],
    targets,
    ...corpus.workload.demand,
    prepare({ scale, subjects, tell }) {
      let profiled: (() => unknown) | undefined
      let scanned: Uint8Array | undefined
      const contestants = subjects.map((subject) => {
        tell(subject.name)
        const state = corpus.stateOf(subject)
        if (subject.name === OURS) profiled = () => load(subject, state)
        if (subject.encoding === 'identical to yjs') scanned = state
        return contestant(
          {
            subject: subject.name,
            run: () => load(subject, state),
            check: (replica) => corpus.checkReplica(subject, replica),
            dispose: (replica) => replica.free(),
          },
          scale,
        )
      })
      const bytes = scanned === undefined ? [] : [scanned]
      contestants.push(
        contestant(
          {
            subject: LIMIT,
            run: () => scanVarints(bytes),
            check: ({ varints }) => check(varints > 0, 'nothing was read'),
          },
          scale,
        ),
      )
      return { contestants, profiled }
    },
  }
}

/** The limit: a copy of the bytes that yjs encodes. */
export function encode(corpus: Corpus, targets: readonly Target[]): ReplicaRow {
  return {
    name: `${corpus.workload.name}: encode`,
    metrics: [time, size],
    targets,
    ...corpus.workload.demand,
    prepare({ scale, subjects, tell }) {
      let profiled: (() => unknown) | undefined
      let copied = new Uint8Array()
      const contestants = subjects.map((subject) => {
        tell(subject.name)
        const state = corpus.stateOf(subject)
        const replica = subject.load(state)
        if (subject.name === OURS) profiled = () => replica.encode()
        if (subject.encoding === 'identical to yjs') copied = state.slice()
        return contestant(
          {
            subject: subject.name,
            run: () => replica.encode(),
            check: (encoded) => corpus.checkState(subject, encoded),
            gauge: ({ length }) => ({ size: length }),
          },
          scale,
        )
      })
      contestants.push(
        contestant(
          {
            subject: LIMIT,
            run: () => copied.slice(),
            check: ({ length }) => check(length === copied.length, 'the copy is shorter'),
            gauge: ({ length }) => ({ size: length }),
          },
          scale,
        ),
      )
      return { contestants, profiled }
    },
  }
}
