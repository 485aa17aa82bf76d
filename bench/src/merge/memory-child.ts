/**
 * A process that loads updates and tells what that keeps in memory. Loads once to warm up, so that compiled code does not count, and then
 * several copies, so that what else moves in the heap counts little. Needs `--expose-gc`.
 */
import { UpdateStore } from '@syncline/core'
import * as Y from 'yjs'
import { answerParent } from '../harness/child.ts'
import { bytesInUse } from '../harness/memory.ts'
import { unpacked } from '../workloads/packed-updates.ts'
import type { Holder, MemoryReport, MemoryRequest } from './memory-report.ts'

interface Loaded {
  encode(): Uint8Array
}

const load: Readonly<Record<Holder, (updates: Iterable<Uint8Array>) => Loaded>> = {
  store: (updates) => UpdateStore.of(updates),
  document: (updates) => {
    const doc = new Y.Doc()
    for (const update of updates) Y.applyUpdate(doc, update)
    return { encode: () => Y.encodeStateAsUpdate(doc) }
  },
}

/** A document is large enough to stand out by itself, and slow to load. */
const COPIES: Readonly<Record<Holder, number>> = { store: 8, document: 2 }

async function measure({ holder, updates }: MemoryRequest): Promise<MemoryReport> {
  const encoded = load[holder](unpacked(updates)).encode()
  const before = await bytesInUse()
  const copies: Loaded[] = []
  for (let copy = 0; copy < COPIES[holder]; copy++) copies.push(load[holder](unpacked(updates)))
  const after = await bytesInUse()
  return { retainedBytes: (after - before) / copies.length, encoded }
}

answerParent(measure)
