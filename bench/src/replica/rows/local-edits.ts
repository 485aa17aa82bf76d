/** Rows about writing: every edit is a transaction and emits an update, as an editor that is connected does it. */
import { OURS, check, type Metric } from '../../harness/bench.ts'
import type { Contestant } from '../../harness/measure.ts'
import type { Target } from '../../harness/target.ts'
import type { Replica, Subject } from '../../subjects/subject.ts'
import type { Trace } from '../../workloads/trace.ts'
import type { Corpus } from '../corpus.ts'
import { GapBuffer } from '../gap-buffer.ts'
import { LIMIT, contestant, time, type ReplicaRow, type Scale } from '../row.ts'
import { WRITER } from '../workload.ts'

const emitted: Metric = { name: 'updates', unit: 'bytes', better: 'lower' }

interface Written {
  readonly replica: Replica
  readonly updates: number
  readonly bytes: number
}

/** The limit, where a trace is given: a gap buffer that knows the ID of each character and emits bytes. */
export function localEdits(corpus: Corpus, targets: readonly Target[], trace?: Trace): ReplicaRow {
  const { workload } = corpus
  const write = (subject: Subject): Written => {
    const replica = subject.create(WRITER)
    let updates = 0
    let bytes = 0
    replica.onUpdate((update) => {
      updates++
      bytes += update.length
    })
    workload.play(replica)
    return { replica, updates, bytes }
  }
  return {
    name: `${workload.name}: local edits`,
    metrics: [time, emitted],
    targets,
    efforts: (subject) => [corpus.effort.writing(subject)],
    prepare({ scale, subjects, tell }) {
      const contestants = subjects.map((subject) => {
        tell(subject.name)
        return contestant(
          {
            subject: subject.name,
            run: () => write(subject),
            check({ replica, updates }) {
              check(updates === workload.transactions, `${subject.name}: ${updates} updates`)
              corpus.checkReplica(subject, replica)
            },
            gauge: ({ bytes }) => ({ updates: bytes }),
            dispose: ({ replica }) => replica.free(),
          },
          scale,
          targets,
        )
      })
      if (trace !== undefined) contestants.push(gapBuffer(trace, scale))
      const ours = subjects.find(({ name }) => name === OURS)
      return { contestants, profiled: ours && (() => write(ours)) }
    },
  }
}

function gapBuffer({ edits, endContent }: Trace, scale: Scale): Contestant {
  return contestant(
    {
      subject: LIMIT,
      run() {
        const buffer = new GapBuffer()
        let bytes = 0
        for (let index = 0; index < edits.length; index++) bytes += buffer.edit(edits.at(index)).length
        return { buffer, bytes }
      },
      check: ({ buffer }) => check(buffer.text() === endContent, 'the gap buffer has another text'),
      gauge: ({ bytes }) => ({ updates: bytes }),
    },
    scale,
  )
}
