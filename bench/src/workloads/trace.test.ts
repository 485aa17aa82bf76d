import { gzipSync } from 'node:zlib'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { Edits } from './edits.ts'
import { component, generateTrace } from './generated-trace.ts'
import { keystrokeUpdates, textOf } from './keystrokes.ts'
import { Random } from './random.ts'
import { readRecordedTrace } from './recorded-trace.ts'
import { replay } from './replay.ts'
import { statisticsOf } from './trace-statistics.ts'
import type { Edit } from './trace.ts'

describe('replay', () => {
  it('makes the same text as one string edited in place', () => {
    const random = new Random(5)
    const edits: Edit[] = []
    let text = ''
    for (let index = 0; index < 3000; index++) {
      const position = random.below(text.length + 1)
      const deleted = random.chance(0.3) ? random.below(Math.min(3000, text.length - position) + 1) : 0
      const inserted = random.chance(0.8) ? 'x'.repeat(random.below(40)) + index : ''
      edits.push({ position, deleted, inserted })
      text = text.slice(0, position) + inserted + text.slice(position + deleted)
    }
    expect(replay(edits)).toBe(text)
  })
})

describe('edits in columns', () => {
  const list: readonly Edit[] = [
    { position: 0, deleted: 0, inserted: 'a long word' },
    { position: 3, deleted: 2, inserted: '' },
    { position: 300_000, deleted: 70_000, inserted: 'a' },
    { position: 1, deleted: 0, inserted: 'a' },
  ]

  it('are what they were made of, one by one and in a row', () => {
    const edits = Edits.of(list)
    expect(edits).toHaveLength(4)
    expect([...edits]).toEqual(list)
    expect(list.map((_, index) => edits.at(index))).toEqual(list)
  })

  it.each([[1], [0, 2], [1, 3], [-2], [0, -1], [2, 9], [4]])('are cut as arrays are: %j', (...range) => {
    const [start, end] = range as [number, number?]
    const slice = Edits.of(list).slice(start, end)
    expect([...slice]).toEqual(list.slice(start, end))
    expect(slice).toHaveLength(list.slice(start, end).length)
  })
})

describe('a generated trace', () => {
  const trace = generateTrace(1, 60_000)

  it('is the same for the same seed and another for another', () => {
    expect(generateTrace(1, 500)).toEqual(generateTrace(1, 500))
    expect(generateTrace(1, 500).endContent).not.toBe(generateTrace(2, 500).endContent)
  })

  it('has as many keystrokes as asked for, each inside the text of its moment', () => {
    expect(trace.edits).toHaveLength(60_000)
    let length = 0
    for (const { position, deleted, inserted } of trace.edits) {
      expect(position + deleted).toBeLessThanOrEqual(length)
      expect(deleted + inserted.length).toBe(1)
      length += inserted.length - deleted
    }
    expect(trace.endContent).toHaveLength(length)
  })

  it('resembles the recorded paper', () => {
    const { deleting, typedBurst, elsewhere, jumpMedian } = statisticsOf(trace)
    expect(deleting).toBeGreaterThan(0.15)
    expect(deleting).toBeLessThan(0.45)
    expect(typedBurst.mean).toBeGreaterThan(20)
    expect(typedBurst.mean).toBeLessThan(40)
    expect(elsewhere).toBeGreaterThan(0.3)
    expect(elsewhere).toBeLessThan(0.6)
    expect(jumpMedian).toBeLessThan(0.01)
  })

  it('has pasted blocks in the manner of the recorded component', () => {
    const blocks = generateTrace(1, 10_000, component)
    const edits = [...blocks.edits]
    expect(replay(edits)).toBe(blocks.endContent)
    expect(edits.some(({ inserted }) => inserted.length > 300)).toBe(true)
    expect(edits.some(({ deleted, inserted }) => deleted > 0 && inserted !== '')).toBe(true)
    expect(statisticsOf(blocks).typedBurst.mean).toBeLessThan(10)
  })
})

describe('keystroke updates', () => {
  it('are one update per edit, and together make the text', () => {
    const trace = generateTrace(3, 400)
    const updates = keystrokeUpdates(trace.edits)
    expect(updates).toHaveLength(400)
    expect(textOf(updates)).toBe(trace.endContent)
  })
})

describe('a recorded trace', () => {
  const folders: string[] = []
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
  })

  const write = (trace: object): string => {
    const folder = mkdtempSync(join(tmpdir(), 'syncline-trace-'))
    folders.push(folder)
    writeFileSync(join(folder, 'automerge-paper.json.gz'), gzipSync(JSON.stringify(trace)))
    return folder
  }
  const txns = [
    { patches: [[0, 0, 'ab']] },
    {
      patches: [
        [1, 1, ''],
        [1, 0, 'c'],
      ],
    },
  ]

  it('is read in order and cut to the edits asked for', () => {
    const folder = write({ startContent: '', endContent: 'ac', txns })
    expect(readRecordedTrace(folder, 'automerge-paper', 10)).toMatchObject({
      name: 'recorded trace automerge-paper',
      endContent: 'ac',
    })
    const { edits, endContent } = readRecordedTrace(folder, 'automerge-paper', 2)
    expect([...edits]).toMatchObject([{ inserted: 'ab' }, { deleted: 1 }])
    expect(endContent).toBe('a')
  })

  it('is refused when it does not end in the text that it says', () => {
    expect(() => readRecordedTrace(write({ startContent: '', endContent: 'xy', txns }), 'automerge-paper', 10)).toThrow(
      'does not end',
    )
  })
})
