import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DecodeError } from './errors.ts'
import { FUZZ_TIMEOUT_MS, fuzz } from './fuzz.fixture.ts'
import { bytesOfHex, goldenUpdates } from './golden-updates.fixture.ts'
import { IdSet } from './id-set.ts'
import { damageArbitrary, damaged } from './mutated-update.fixture.ts'
import { editsArbitrary, playHistory } from './random-document.fixture.ts'
import { steppingScan } from './stepping-scan.ts'
import { scanSingle, scanUpdate } from './update-scan.ts'
import { decodeUpdate } from './update.ts'
import { unitsOf } from './update-values.ts'

describe('scanUpdate', { timeout: FUZZ_TIMEOUT_MS }, () => {
  test('sees the units and deletions that decodeUpdate sees, and refuses with the same error, whatever the damage', () => {
    fc.assert(
      fc.property(editsArbitrary(12), fc.array(damageArbitrary, { minLength: 20, maxLength: 20 }), (edits, damages) => {
        const { authored, exchanged } = playHistory(edits)
        const updates = [...authored, exchanged.at(-1)!]
        for (const update of updates) expectAgreement(update)
        damages.forEach((damage, at) => expectAgreement(damaged(updates.at(at % updates.length)!, damage)))
      }),
      fuzz(2),
    )
  })

  test('refuses every proper beginning of an update as decodeUpdate does', () => {
    for (const { hex } of goldenUpdates) {
      const bytes = bytesOfHex(hex)
      for (let end = 0; end <= bytes.length; end++) expectAgreement(bytes.subarray(0, end))
    }
  })

  test('refuses what is no update as decodeUpdate does', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 32 }), (bytes) => expectAgreement(bytes)),
      fuzz(20),
    )
  })
})

function expectAgreement(bytes: Uint8Array): void {
  const decoded = outcome(() => {
    const update = decodeUpdate(bytes)
    return { structs: unitsOf(update), deletes: update.deletes }
  })
  const scanned = outcome(() => {
    const { stretches, deletes } = scanUpdate(bytes, steppingScan())
    return {
      structs: IdSet.of(stretches.flatMap(({ client, clock, end }) => [client, clock, end])),
      deletes: IdSet.of(deletes),
    }
  })
  expect(scanned).toEqual(decoded)
  const scan = steppingScan()
  const single = outcome(() => scanSingle(bytes, scan))
  if (single === true) {
    expect(decoded).toMatchObject({ deletes: new IdSet() })
    expect(scanned).toMatchObject({ structs: IdSet.of([scan.client, scan.clock, scan.end]) })
  } else if (single !== false) expect(single).toEqual(decoded)
}

/** What is returned, or what a DecodeError says. */
function outcome<T>(attempt: () => T): T | { code: string; offset: number } {
  try {
    return attempt()
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return { code: error.code, offset: error.offset }
  }
}
