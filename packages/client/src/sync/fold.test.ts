import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { emptyDeviceHead, type DeviceHead, type DeviceRow } from '../device-store/device-store.ts'
import { rowsToFold, settledRows } from './fold.ts'

function row(number: number, bytes: number, ref?: number): DeviceRow {
  return { row: number, update: new Uint8Array(bytes), ref }
}

const head: DeviceHead = { ...emptyDeviceHead, ackedRef: 3, nextRef: 6, rejected: [{ ref: 2, code: 'no' }] }

describe('folding', () => {
  test('leaves the outbox and refused rows alone', () => {
    const rows = [row(1, 1), row(2, 1, 1), row(3, 1, 2), row(4, 1, 3), row(5, 1, 4), row(6, 1)]
    expect(settledRows({ head, rows }).map((kept) => kept.row)).toEqual([1, 2, 4, 6])
    expect(rowsToFold({ head, rows }).map((kept) => kept.row)).toEqual([1, 2, 4, 6])
  })

  test('leaves a large old row alone until the newer ones have grown', () => {
    const small = Array.from({ length: 10 }, (_, index) => row(index + 2, 10))
    expect(rowsToFold({ head, rows: [row(1, 1_000), ...small] })).toEqual(small)
    expect(rowsToFold({ head, rows: [row(1, 200), ...small] })).toHaveLength(11)
  })

  test('is not kept from small rows by a large one among them', () => {
    const rows = [row(1, 10_000), row(2, 10), row(3, 500), row(4, 10)]
    expect(rowsToFold({ head, rows }).map((kept) => kept.row)).toEqual([2, 3, 4])
  })

  test('is not worth it for one row', () => {
    expect(rowsToFold({ head, rows: [row(1, 100)] })).toEqual([])
    expect(rowsToFold({ head, rows: [row(1, 1_000), row(2, 1)] })).toEqual([])
  })

  test('rewrites each byte a logarithmic number of times, and leaves a logarithmic number of rows', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 200, maxLength: 1_000 }), (sizes) => {
        let rows: DeviceRow[] = []
        let rewritten = 0
        for (const [index, size] of sizes.entries()) {
          rows.push(row(index + 1, size))
          if (index % 16 !== 15) continue
          const folded = rowsToFold({ head, rows })
          if (folded.length === 0) continue
          const bytes = folded.reduce((sum, { update }) => sum + update.length, 0)
          rewritten += bytes
          rows = [...rows.filter((kept) => !folded.includes(kept)), row(index + 1, bytes)]
        }
        const total = sizes.reduce((sum, size) => sum + size, 0)
        const levels = Math.log(total) / Math.log(1.5)
        expect(rewritten).toBeLessThan(total * levels)
        expect(rows.length).toBeLessThan(16 + levels)
      }),
      { numRuns: 30 },
    )
  })
})
