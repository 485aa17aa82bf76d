/**
 * A process that loads updates and tells what that keeps in memory. Loads once to warm up, so that compiled code does not count, and then
 * several copies, so that what else moves in the heap counts little. Needs `--expose-gc`.
 */
import { UpdateStore } from '@syncline/core'
import { setImmediate } from 'node:timers/promises'
import * as Y from 'yjs'
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

/** Collections until nothing more is freed: buffers go after the objects that own them. */
const COLLECTIONS = 4

async function measure({ holder, bytes, ends }: MemoryRequest): Promise<MemoryReport> {
  const encoded = load[holder](updatesOf(bytes, ends)).encode()
  const before = await bytesInUse()
  const copies: Loaded[] = []
  for (let copy = 0; copy < COPIES[holder]; copy++) copies.push(load[holder](updatesOf(bytes, ends)))
  const after = await bytesInUse()
  return { retainedBytes: (after - before) / copies.length, encoded }
}

function* updatesOf(bytes: Uint8Array, ends: Uint32Array): Generator<Uint8Array> {
  let start = 0
  for (const end of ends) {
    yield bytes.subarray(start, end)
    start = end
  }
}

async function bytesInUse(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error('memory cannot be measured without --expose-gc')
  for (let collection = 0; collection < COLLECTIONS; collection++) {
    globalThis.gc()
    await setImmediate()
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

/** A rejection ends the process, which tells the bench. */
async function answer(request: MemoryRequest): Promise<void> {
  const report = await measure(request)
  process.send!(report, () => process.disconnect())
}

process.once('message', (request) => void answer(request as MemoryRequest))
