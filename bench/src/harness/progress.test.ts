import { describe, expect, it } from 'vitest'
import { progressOn } from './progress.ts'

function written(stream: { readonly isTTY?: boolean; readonly columns?: number }): string {
  let text = ''
  const progress = progressOn({ ...stream, write: (part) => (text += part) })
  progress.step('merging')
  progress.detail('round 1 of 9, and what else there is to say of it')
  progress.end()
  return text
}

describe('progress', () => {
  it('is a line per step where nobody watches', () => {
    expect(written({})).toBe('merging\n')
  })

  it('writes one line over on a terminal, never past its edge, and leaves it empty', () => {
    const lines = written({ isTTY: true, columns: 24 }).split('\r\u001b[K')
    expect(lines).toEqual(['', 'merging', 'merging · round 1 of 9,', ''])
  })
})
