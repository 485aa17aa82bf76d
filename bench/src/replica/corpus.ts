/** What the subjects made of a workload, and how it is checked. Made when it is first needed: some take many seconds for it. */
import { isDeepStrictEqual } from 'node:util'
import { check } from '../harness/bench.ts'
import { contentOf, isSameContent } from '../subjects/content.ts'
import type { Replica, Subject } from '../subjects/subject.ts'
import { packed, unpacked, type PackedUpdates } from '../workloads/packed-updates.ts'
import { Effort } from './effort.ts'
import type { Scale } from './row.ts'
import type { StateForm } from './stored-form.ts'
import { playStored, WRITER, type Workload } from './workload.ts'

export class Corpus {
  readonly workload: Workload
  /** What making it would cost a subject. */
  readonly effort: Effort
  /** Whose bytes the others are compared with: yjs 13.6. */
  readonly #reference: Subject
  readonly #states = new Map<Subject, Uint8Array>()
  readonly #snapshots = new Map<Subject, Uint8Array>()
  readonly #updates = new Map<Subject, PackedUpdates>()

  constructor(workload: Workload, reference: Subject, scale: Scale) {
    this.workload = workload
    this.effort = new Effort(workload, scale)
    this.#reference = reference
  }

  /** What the subject encodes after all edits. Checked. */
  stateOf(subject: Subject): Uint8Array {
    const state = this.#states.get(subject)
    if (state !== undefined) return state
    const replica = subject.create(WRITER)
    playStored(this.workload, subject, replica)
    this.checkReplica(subject, replica)
    replica.free()
    return this.#states.get(subject)!
  }

  /** The same in one of the forms that the subject stores. Checked. */
  bytesOf(subject: Subject, form: StateForm): Uint8Array {
    const state = this.stateOf(subject)
    if (form === 'state' || subject.snapshot === undefined) return state
    const known = this.#snapshots.get(subject)
    if (known !== undefined) return known
    const replica = subject.load(state)
    const snapshot = subject.snapshot.encode(replica)
    replica.free()
    const loaded = subject.snapshot.load(snapshot)
    this.checkReplica(subject, loaded)
    loaded.free()
    this.#snapshots.set(subject, snapshot)
    return snapshot
  }

  /** One update per edit, each with bytes of its own. Checked. */
  updatesOf(subject: Subject): readonly Uint8Array[] {
    return [...unpacked(this.#packedOf(subject))]
  }

  #packedOf(subject: Subject): PackedUpdates {
    const known = this.#updates.get(subject)
    if (known !== undefined) return known
    const updates: Uint8Array[] = []
    const replica = subject.create(WRITER)
    replica.onUpdate((update) => updates.push(update))
    this.workload.play(replica)
    this.checkReplica(subject, replica)
    replica.free()
    check(
      updates.length === this.workload.transactions,
      `${subject.name}: ${updates.length} updates of ${this.workload.transactions} transactions`,
    )
    const emitted = packed(updates)
    if (subject.encoding === 'identical to yjs' && subject !== this.#reference) {
      const expected = this.#packedOf(this.#reference)
      const isSame = isSameBytes(emitted.bytes, expected.bytes) && isDeepStrictEqual(emitted.ends, expected.ends)
      check(isSame, `${subject.name}: its updates of ${this.workload.name} are not what yjs emits`)
    }
    this.#updates.set(subject, emitted)
    return emitted
  }

  /** Throws `CheckFailed` unless `replica` shows what it should after all edits, and encodes what it should. */
  checkReplica(subject: Subject, replica: Replica): void {
    check(
      isSameContent(contentOf(replica), this.workload.content),
      `${subject.name}: a replica shows something else than what the edits of ${this.workload.name} make`,
    )
    // Once is enough where nothing is compared, and some take seconds.
    if (subject.encoding === 'its own' && this.#states.has(subject)) return
    this.checkState(subject, replica.encode())
  }

  /** Throws `CheckFailed` unless `bytes` are what the subject should write in this form after all edits. */
  checkBytes(subject: Subject, form: StateForm, bytes: Uint8Array): void {
    if (form === 'state' || subject.snapshot === undefined) {
      this.checkState(subject, bytes)
    } else {
      const isSame = isSameBytes(bytes, this.bytesOf(subject, form))
      check(isSame, `${subject.name}: a snapshot of ${this.workload.name} differs from one that was checked`)
    }
  }

  /** Throws `CheckFailed` unless `state` is what the subject should encode after all edits. */
  checkState(subject: Subject, state: Uint8Array): void {
    const { name } = this.workload
    if (subject.encoding === 'identical to yjs' && subject !== this.#reference) {
      const isSame = isSameBytes(state, this.stateOf(this.#reference))
      check(isSame, `${subject.name}: the state of ${name} is not what yjs encodes, byte by byte`)
    } else if (!this.#states.has(subject)) {
      const reader = subject.encoding === 'readable by yjs' ? this.#reference : subject
      const loaded = reader.load(state)
      const isSame = isSameContent(contentOf(loaded), this.workload.content)
      loaded.free()
      check(isSame, `${subject.name}: ${reader.name} loads something else than the state of ${name}`)
    }
    if (!this.#states.has(subject)) this.#states.set(subject, state)
  }
}

function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
