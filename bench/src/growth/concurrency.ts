/** The curve over conflicts: many write at one place without hearing of each other, and one replica gets all of their updates at once. */
import { LIMIT, check, type BenchContext } from '../harness/bench.ts'
import { scanVarints } from '../merge/varint-scan.ts'
import { time } from '../replica/row.ts'
import type { Replica, Subject } from '../subjects/subject.ts'
import { growing, type Curve } from './curve.ts'

const COUNTS: Readonly<Record<BenchContext['scale'], readonly number[]>> = {
  full: [16, 128, 1024, 4096],
  quick: [16, 64],
}

/** Any that a library does not keep for itself. */
const FIRST_CLIENT_ID = 1_000_000

export function concurrency(yjs: Subject, { scale }: BenchContext): Curve {
  return {
    name: 'resolve a conflict',
    axis: 'writers at one place',
    unit: 'writers',
    sizes: COUNTS[scale],
    metrics: [time],
    work(subject, count) {
      const updates = updatesOf(subject, count)
      const expected = subject.encoding === 'identical to yjs' ? resolved(yjs, updates) : undefined
      return growing(
        {
          subject: subject.name,
          parts: count,
          run() {
            const replica = subject.create(FIRST_CLIENT_ID + count)
            replica.applyUpdates(updates)
            return replica
          },
          check(replica) {
            const words = replica.text().split(' ').sort()
            check(isAll(words, count), `${subject.name}: not every word of ${count} writers is there once`)
            const isSame = expected === undefined || Buffer.compare(replica.encode(), expected) === 0
            check(isSame, `${subject.name}: ${count} writers are resolved otherwise than by yjs`)
          },
          dispose: (replica) => replica.free(),
        },
        scale,
      )
    },
    limit(count) {
      const updates = updatesOf(yjs, count)
      return growing(
        {
          subject: LIMIT,
          parts: count,
          run: () => scanVarints(updates),
          check: ({ varints }) => check(varints > 0, 'nothing was read'),
        },
        scale,
      )
    },
  }
}

/** A word that no other writer writes. */
function wordOf(writer: number): string {
  return `w${writer}`
}

function isAll(words: readonly string[], count: number): boolean {
  // Each word brings a space behind it.
  const expected = ['', ...Array.from({ length: count }, (_, writer) => wordOf(writer))].sort()
  return words.length === expected.length && words.every((word, index) => word === expected[index])
}

function updatesOf(subject: Subject, count: number): readonly Uint8Array[] {
  const updates: Uint8Array[] = []
  for (let writer = 0; writer < count; writer++) {
    const replica: Replica = subject.create(FIRST_CLIENT_ID + writer)
    replica.onUpdate((update) => updates.push(update))
    replica.insertText(0, `${wordOf(writer)} `)
    replica.free()
  }
  return updates
}

function resolved(yjs: Subject, updates: readonly Uint8Array[]): Uint8Array {
  const replica = yjs.create(FIRST_CLIENT_ID + updates.length)
  replica.applyUpdates(updates)
  const state = replica.encode()
  replica.free()
  return state
}
