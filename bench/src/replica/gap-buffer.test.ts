import { describe, expect, it } from 'vitest'
import { generateTrace } from '../workloads/generated-trace.ts'
import { GapBuffer } from './gap-buffer.ts'

describe('a gap buffer', () => {
  it('has the text that the edits of a trace make', () => {
    const { edits, endContent } = generateTrace(3, 20_000)
    const buffer = new GapBuffer()
    for (const edit of edits) buffer.edit(edit)
    expect(buffer.text()).toBe(endContent)
  })

  it('gives fresh bytes for every edit', () => {
    const buffer = new GapBuffer()
    const first = buffer.edit({ position: 0, deleted: 0, inserted: 'a' })
    const second = buffer.edit({ position: 1, deleted: 0, inserted: 'b' })
    expect([...first.subarray(12), ...second.subarray(12)]).toEqual([97, 98])
  })
})
