/** What no honest document has: a run of half a billion units, and behind it hundreds of short ones. Hints would be too many or too coarse there. */
import { expect, test } from 'vitest'
import * as Y from 'yjs'
import { ByteWriter } from '../byte-writer.ts'
import { Doc, applyUpdate, encodeStateAsUpdate } from '../index.ts'

const GIANT_UNITS = 2 ** 29
const RUNS = 1200
const RUN = 'abcd'

function giantAndShortRuns(): Uint8Array {
  const writer = new ByteWriter()
  writer.varUint(1)
  writer.varUint(RUNS + 1)
  writer.varUint(5)
  writer.varUint(0)
  writer.uint8(0)
  writer.varUint(GIANT_UNITS)
  for (let run = 0; run < RUNS; run++) {
    writer.uint8(4)
    writer.varUint(1)
    writer.string('text')
    writer.string(RUN)
  }
  writer.varUint(0)
  return writer.finish()
}

function deletion(start: number, units: number): Uint8Array {
  const writer = new ByteWriter()
  writer.varUint(0)
  writer.varUint(1)
  writer.varUint(5)
  writer.varUint(1)
  writer.varUint(start)
  writer.varUint(units)
  return writer.finish()
}

test('units are found behind a giant run, cut and joined as in Yjs', () => {
  const ours = new Doc()
  const yjs = new Y.Doc()
  ours.clientID = 9
  yjs.clientID = 9
  const update = giantAndShortRuns()
  applyUpdate(ours, update)
  yjs.getText('text')
  Y.applyUpdate(yjs, update)
  for (let step = 0; step < RUNS; step++) {
    const deleted = deletion(GIANT_UNITS + ((step * 2027) % (RUNS * RUN.length - 3)), 1 + (step % 3))
    applyUpdate(ours, deleted)
    Y.applyUpdate(yjs, deleted)
    if (step % 10 > 0) continue
    ours.getText('text').insert(step, 'x')
    yjs.getText('text').insert(step, 'x')
  }
  expect(ours.getText('text').toString()).toBe(yjs.getText('text').toJSON())
  expect(Buffer.from(encodeStateAsUpdate(ours)).equals(Buffer.from(Y.encodeStateAsUpdate(yjs)))).toBe(true)
})
