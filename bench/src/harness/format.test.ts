import { describe, expect, it } from 'vitest'
import { formatRatio, formatSpread, formatValue } from './format.ts'

describe('numbers for people', () => {
  it('picks the unit that fits', () => {
    expect([0.0000423, 0.0423, 4.23, 4230].map((ms) => formatValue(ms, 'ms'))).toEqual([
      '42.3 ns',
      '42.3 µs',
      '4.23 ms',
      '4.23 s',
    ])
    expect([1126, 2_500_000].map((bytes) => formatValue(bytes, 'bytes'))).toEqual(['1,126 B', '2.50 MB'])
    expect([12_345, 99.94].map((rate) => formatValue(rate, 'per second'))).toEqual(['12,300 /s', '99.9 /s'])
  })

  it('tells no bytes below zero', () => {
    expect([-91, 0].map((bytes) => formatValue(bytes, 'bytes'))).toEqual(['below noise', '0 B'])
    expect(formatValue(-0.3, 'times')).toBe('below noise')
  })

  it('writes ratios and spreads short', () => {
    expect([0.312, 2, 1234].map(formatRatio)).toEqual(['0.31×', '2.00×', '1,230×'])
    expect([0, 0.004, 0.126].map(formatSpread)).toEqual(['', '', ' ±13 %'])
  })
})
