/** Rows about whole documents: loading what is stored, in a process that has done so before, and writing it. */
import { LIMIT, OURS, check } from '../../harness/bench.ts'
import type { Contestant } from '../../harness/measure.ts'
import type { Target } from '../../harness/target.ts'
import { scanVarints } from '../../merge/varint-scan.ts'
import type { Replica, Subject } from '../../subjects/subject.ts'
import type { Corpus } from '../corpus.ts'
import { readRoot, rootOf } from '../read-root.ts'
import { contestant, loadContestant, size, time, type ReplicaRow, type Scale } from '../row.ts'
import { encodeAs, loadAs, storedForms, type StateForm, type StoredForm } from '../stored-form.ts'

/** From bytes to what is shown. The limit: every byte of an update, looked at once; of snapshots, a copy of ours. */
export function warmLoad(corpus: Corpus, form: StateForm, targets: readonly Target[]): ReplicaRow {
  const { content, name } = corpus.workload
  const root = rootOf(content)
  const load = (stored: StoredForm, bytes: Uint8Array): Replica => {
    const replica = loadAs(stored.form, stored.subject, bytes)
    readRoot(replica, root)
    return replica
  }
  return {
    name: `${name}: load${form === 'state' ? '' : ' a snapshot'}, warm`,
    metrics: [time],
    targets,
    efforts: (subject) => [corpus.effort.storing(subject)],
    prepare({ scale, subjects, tell }) {
      let profiled: (() => unknown) | undefined
      const contestants = storedForms(subjects, form).map((stored) => {
        const { column, subject } = stored
        tell(column)
        const bytes = corpus.bytesOf(subject, stored.form)
        if (column === OURS) profiled = () => load(stored, bytes)
        return loadContestant(
          {
            subject: column,
            run: () => load(stored, bytes),
            check: (replica) => corpus.checkReplica(subject, replica),
            dispose: (replica) => replica.free(),
          },
          scale,
          targets,
        )
      })
      const bytes = corpus.bytesOf(yardstick(subjects), form)
      contestants.push(form === 'state' ? scanned(bytes, scale) : copied(bytes, scale))
      return { contestants, profiled }
    },
  }
}

/** The limit: a copy of the bytes that ours encodes. */
export function encode(corpus: Corpus, form: StateForm, targets: readonly Target[]): ReplicaRow {
  return {
    name: `${corpus.workload.name}: encode${form === 'state' ? '' : ' a snapshot'}`,
    metrics: [time, size],
    targets,
    efforts: (subject) => [corpus.effort.storing(subject)],
    prepare({ scale, subjects, tell }) {
      let profiled: (() => unknown) | undefined
      const contestants = storedForms(subjects, form).map((stored) => {
        const { column, subject } = stored
        tell(column)
        const replica = subject.load(corpus.stateOf(subject))
        const run = (): Uint8Array => encodeAs(stored.form, subject, replica)
        if (column === OURS) profiled = run
        return contestant(
          {
            subject: column,
            run,
            check: (bytes) => corpus.checkBytes(subject, stored.form, bytes),
            gauge: ({ length }) => ({ size: length }),
          },
          scale,
          targets,
        )
      })
      contestants.push(copied(corpus.bytesOf(yardstick(subjects), form), scale))
      return { contestants, profiled }
    },
  }
}

/** Whose bytes the limit reads or copies: ours, or in a run without us those of yjs. */
function yardstick(subjects: readonly Subject[]): Subject {
  return subjects.find(({ encoding }) => encoding === 'identical to yjs')!
}

function scanned(bytes: Uint8Array, scale: Scale): Contestant {
  const updates = [bytes]
  return contestant(
    {
      subject: LIMIT,
      run: () => scanVarints(updates),
      check: ({ varints }) => check(varints > 0, 'nothing was read'),
    },
    scale,
  )
}

function copied(bytes: Uint8Array, scale: Scale): Contestant {
  return contestant(
    {
      subject: LIMIT,
      run: () => bytes.slice(),
      check: ({ length }) => check(length === bytes.length, 'the copy is shorter'),
      gauge: ({ length }) => ({ size: length }),
    },
    scale,
  )
}
