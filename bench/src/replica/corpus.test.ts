import * as Y from 'yjs'
import { describe, expect, it } from 'vitest'
import { CheckFailed } from '../harness/bench.ts'
import type { Replica, Subject } from '../subjects/subject.ts'
import { importSubject, subjectNames } from '../subjects/subjects.ts'
import { yjsShaped } from '../subjects/yjs-shape.ts'
import { generateTrace } from '../workloads/generated-trace.ts'
import { Corpus } from './corpus.ts'
import { listOf, recordsOf, textOf } from './workload.ts'

const yjs = await importSubject('yjs')
const workloads = [textOf(generateTrace(1, 500)), recordsOf(20, 100), listOf(150, 100)]

/** A library that is Yjs but for what `changes` says. */
function almostYjs(changes: Partial<typeof Y>): Subject {
  return yjsShaped('almost yjs', { ...Y, ...changes }, { encoding: 'identical to yjs' })
}

describe.each(workloads)('the corpus of $name', (workload) => {
  it.each(subjectNames)('has states and updates of %s that say what the workload does', async (name) => {
    const subject = await importSubject(name)
    const corpus = new Corpus(workload, yjs, 'quick')
    expect(corpus.updatesOf(subject)).toHaveLength(workload.transactions)
    expect(corpus.stateOf(subject).length).toBeGreaterThan(0)
    expect(corpus.bytesOf(subject, 'snapshot').length).toBeGreaterThan(0)
  })

  it('refuses a subject whose snapshots hold something else', () => {
    const snapshot = {
      encode: (replica: Replica) => replica.encode(),
      load(bytes: Uint8Array) {
        const replica = yjs.load(bytes)
        replica.setKey('one more', 1)
        return replica
      },
    }
    expect(() => new Corpus(workload, yjs, 'quick').bytesOf({ ...yjs, snapshot }, 'snapshot')).toThrow(CheckFailed)
  })

  it('refuses a subject that encodes the same document in other bytes', () => {
    const padded = almostYjs({
      encodeStateAsUpdate: (doc) => Y.mergeUpdates([Y.encodeStateAsUpdate(doc), unrelated()]),
    })
    expect(() => new Corpus(workload, yjs, 'quick').stateOf(padded)).toThrow(CheckFailed)
  })

  it('refuses a subject that emits other updates', () => {
    class OtherDoc extends Y.Doc {
      override on(_name: never, listener: never): never {
        const relay = listener as (update: Uint8Array) => void
        return super.on('update', (update) => relay(Y.mergeUpdates([update, unrelated()]))) as never
      }
    }
    expect(() => new Corpus(workload, yjs, 'quick').updatesOf(almostYjs({ Doc: OtherDoc }))).toThrow(CheckFailed)
  })

  it('refuses a replica that shows something else', () => {
    const replica = yjs.create(1_000_000)
    workload.play(replica)
    replica.transact(() => {
      replica.insertText(0, 'x')
      replica.setKey('x', 1)
    })
    expect(() => new Corpus(workload, yjs, 'quick').checkReplica(yjs, replica)).toThrow(CheckFailed)
  })
})

/** An update of a client that has nothing to do with it. */
function unrelated(): Uint8Array {
  const doc = new Y.Doc()
  doc.getMap('elsewhere').set('x', 1)
  return Y.encodeStateAsUpdate(doc)
}
