/** Numbers for people: three significant digits, the unit that fits. Pure. */
import type { Unit } from './bench.ts'

/** Whether a value is a difference of two measurements that is smaller than their noise: no document takes less than nothing. */
export function isBelowNoise(value: number, unit: Unit): boolean {
  return value < 0 && (unit === 'bytes' || unit === 'times')
}

/** A sample of a metric with its unit, e.g. `1.23 ms`, `45.6 µs`, `12,345 B`, `8,100 /s`. */
export function formatValue(value: number, unit: Unit): string {
  if (isBelowNoise(value, unit)) return 'below noise'
  switch (unit) {
    case 'ms':
      if (value >= 1000) return `${significant(value / 1000)} s`
      if (value >= 1) return `${significant(value)} ms`
      return value >= 0.001 ? `${significant(value * 1000)} µs` : `${significant(value * 1e6)} ns`
    case 'bytes':
      return value >= 1e6 ? `${significant(value / 1e6)} MB` : `${grouped(value)} B`
    case 'per second':
      return `${value >= 1000 ? grouped(Number(value.toPrecision(3))) : significant(value)} /s`
    case 'count':
      return value >= 100 || Number.isInteger(value) ? grouped(value) : significant(value)
    case 'times':
      return `${significant(value)}×`
    default:
      return unit satisfies never
  }
}

/** How many times better: `24×`, `0.31×`. */
export function formatRatio(ratio: number): string {
  return `${ratio >= 100 ? grouped(Number(ratio.toPrecision(3))) : significant(ratio)}×`
}

/** A share as `±4 %`, or nothing when it rounds to 0. */
export function formatSpread(share: number): string {
  const percent = Math.round(share * 100)
  return percent === 0 ? '' : ` ±${percent} %`
}

/** An integer with its thousands grouped. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-GB')
}

function significant(value: number): string {
  if (value >= 1000) return grouped(value)
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)
}
