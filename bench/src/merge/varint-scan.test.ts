import { describe, expect, it } from 'vitest'
import { scanVarints } from './varint-scan.ts'

describe('the bare varint scan', () => {
  it('reads every byte of every update as part of a number', () => {
    const updates = [Uint8Array.of(5, 0x80, 0x01), Uint8Array.of(), Uint8Array.of(0xff, 0xff, 0x03)]
    expect(scanVarints(updates)).toEqual({ varints: 3, sum: 5 + 128 + 0xffff })
  })

  it('ends at the end of an update that ends inside of a number', () => {
    expect(scanVarints([Uint8Array.of(0x81), Uint8Array.of(1)])).toEqual({ varints: 2, sum: 2 })
  })
})
