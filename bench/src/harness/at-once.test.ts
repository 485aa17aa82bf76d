import { expect, it } from 'vitest'
import { atOnce } from './at-once.ts'
import type { Contestant } from './measure.ts'

it('begins a round of all when the first is asked, once', async () => {
  const begun: string[] = []
  const contestant = (subject: string): Contestant => ({
    subject,
    async round(index) {
      begun.push(`${subject} ${index}`)
      if (subject === 'b' && index === 1) throw new Error('b failed')
      return { bytes: index }
    },
  })
  const [a, b] = atOnce([contestant('a'), contestant('b')])
  expect(await b!.round(0)).toEqual({ bytes: 0 })
  expect(begun).toEqual(['a 0', 'b 0'])
  expect(await a!.round(0)).toEqual({ bytes: 0 })
  expect(await a!.round(1)).toEqual({ bytes: 1 })
  await expect(b!.round(1)).rejects.toThrow('b failed')
  expect(begun).toEqual(['a 0', 'b 0', 'a 1', 'b 1'])
})
