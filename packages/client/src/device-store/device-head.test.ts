import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  floorAfter,
  hasOutbox,
  isInOutbox,
  newDeviceHead,
  withLocalRow,
  withRemoteRows,
  withSettled,
} from './device-head.ts'
import { emptyDeviceHead, type DeviceHead, type DeviceRow } from './device-store.ts'

const change = fc.oneof(
  fc.constant({ type: 'local' } as const),
  fc.record({ type: fc.constant('remote'), rows: fc.constantFrom(0, 1) }),
  fc.record({
    type: fc.constant('settled'),
    ackedRef: fc.nat(12),
    rejected: fc.array(fc.record({ ref: fc.integer({ min: 1, max: 12 }), code: fc.constant('bad') }), { maxLength: 3 }),
  }),
)

test('the outbox counted from the head alone is the outbox found by looking at every row', () => {
  fc.assert(
    fc.property(fc.nat(3), fc.array(change, { maxLength: 30 }), (floor, changes) => {
      let head: DeviceHead = newDeviceHead(floor)
      const rows: DeviceRow[] = []
      for (const next of changes) {
        const row = { row: head.nextRow, update: new Uint8Array() }
        if (next.type === 'local') {
          rows.push({ ...row, ref: head.nextRef })
          head = withLocalRow(head)
        } else if (next.type === 'remote') {
          if (next.rows === 1) rows.push({ ...row, ref: undefined })
          head = withRemoteRows(head, next.rows, { epoch: 1, seq: 1 })
        } else {
          head = withSettled(head, next)
        }
        expect(head.ackedRef).toBeLessThan(head.nextRef)
        expect(hasOutbox(head)).toBe(rows.some((one) => isInOutbox(head, one)))
      }
    }),
  )
})

test('the head of a new room is above every number of the rooms that were deleted', () => {
  const head = withSettled(withLocalRow(withLocalRow(newDeviceHead(1))), { ackedRef: 2 })
  expect(newDeviceHead(floorAfter(1, head))).toEqual({ ...emptyDeviceHead, ackedRef: 2, nextRef: 3, nextRow: 3 })
  expect(floorAfter(9, head)).toBe(9)
})
