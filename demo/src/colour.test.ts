import { describe, expect, it } from 'vitest'
import { contrast, inkOn, palette, parseHexColour } from './colour.ts'

describe('the palette', () => {
  it.each(palette)('bears white text: $name', ({ hex }) => {
    expect(contrast(hex, '#ffffff')).toBeGreaterThanOrEqual(4.5)
    expect(inkOn(hex)).toBe('#ffffff')
  })
})

describe('a colour from a peer', () => {
  it.each(['red', '#fff', '#12345', 'url(//x)', '#123456;background:url(//x)', 7, null, undefined])(
    'is refused unless it is six hexadecimal digits: %j',
    (found) => expect(parseHexColour(found)).toBeUndefined(),
  )

  it('is written upon in the ink that reads better', () => {
    expect(inkOn(parseHexColour('#FFEE00')!)).toBe('#000000')
    expect(inkOn('#000080')).toBe('#ffffff')
  })
})

it('measures black on white as 21 to 1', () => {
  expect(contrast('#000000', '#ffffff')).toBeCloseTo(21)
})
