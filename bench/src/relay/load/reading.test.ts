import { mergeUpdates } from '@syncline/core'
import { describe, expect, it } from 'vitest'
import { author, FIRST_CLIENT_ID } from './authored.ts'
import { Reading } from './reading.ts'

const authored = author(FIRST_CLIENT_ID, 40)

function take(reading: Reading, update: Uint8Array): void {
  // Somewhere in a larger buffer, as it comes from a socket.
  const bytes = Buffer.concat([Buffer.from([9, 9]), update, Buffer.from([9])])
  reading.take(bytes, 2, bytes.length - 1)
}

describe('Reading', () => {
  it('takes updates one by one, and merged ones among them', () => {
    const reading = new Reading(authored)
    for (const update of authored.updates.slice(0, 10)) take(reading, update)
    take(reading, mergeUpdates(authored.updates.slice(10, 30)))
    expect(reading.upTo).toBe(30)
    for (const update of authored.updates.slice(30)) take(reading, update)
    expect(reading.complete).toBe(true)
    reading.verify('a server', new Set())
  })

  it('notices content that nobody pushed, and updates that were left out', () => {
    const forged = author(FIRST_CLIENT_ID, 40).updates.map((update) => Uint8Array.from(update))
    forged[20]![forged[20]!.length - 2]! ^= 1
    const wrong = new Reading(authored)
    for (const update of forged) take(wrong, update)
    expect(() => wrong.verify('a server', new Set())).toThrow('something else')

    const gapped = new Reading(authored)
    for (const update of authored.updates.toSpliced(20, 1)) take(gapped, update)
    expect(() => gapped.verify('a server', new Set())).toThrow('something else')
  })
})
