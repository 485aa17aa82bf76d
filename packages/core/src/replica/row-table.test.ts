import { describe, expect, it } from 'vitest'
import { ByteWriter } from '../byte-writer.ts'
import * as ContentKind from '../content-kind.ts'
import { applyUpdate, Doc, encodeStateAsUpdate } from '../index.ts'
import * as Flag from './row-flag.ts'
import { NARROW_CLIENTS_MAX, RowTable } from './row-table.ts'

/** A character of each client, from the highest ID down, each behind the one before. */
function charactersOf(clients: number): Uint8Array {
  const writer = new ByteWriter(1024)
  writer.varUint(clients)
  for (let client = clients; client > 0; client--) {
    const isFirst = client === clients
    writer.varUint(1)
    writer.varUint(client)
    writer.varUint(0)
    // A string, with or without an origin.
    writer.uint8(isFirst ? 4 : 0x84)
    if (isFirst) {
      writer.uint8(1)
      writer.string('text')
    } else {
      writer.varUint(client + 1)
      writer.varUint(0)
    }
    writer.string('x')
  }
  writer.varUint(0)
  return writer.finish()
}

describe('a document with more clients than two bytes can tell apart', () => {
  it('keeps who wrote what', () => {
    const update = charactersOf(NARROW_CLIENTS_MAX + 100)
    const doc = new Doc()
    applyUpdate(doc, charactersOf(3))
    const other = new Doc()
    applyUpdate(other, update)
    expect(other.getText('text').length).toBe(NARROW_CLIENTS_MAX + 100)
    expect(Buffer.compare(encodeStateAsUpdate(other), update)).toBe(0)
    expect(other.tables.rows.hasWideClients).toBe(true)
    expect(doc.tables.rows.hasWideClients).toBe(false)
  })

  it('goes on from the narrow columns that it had', () => {
    const rows = new RowTable()
    const row = rows.add(ContentKind.string, 0, NARROW_CLIENTS_MAX - 1, 0, 1, -1, 0, -1, 0, 0)
    rows.widenClients()
    rows.reserve(100)
    expect([rows.client(row), rows.originClient(row)]).toEqual([NARROW_CLIENTS_MAX - 1, -1])
    expect([rows.kind(row), rows.flags(row)]).toEqual([ContentKind.string, 0])
    const next = rows.add(ContentKind.string, Flag.wide, NARROW_CLIENTS_MAX, 0, 1, -1, 0, -1, 0, 0)
    expect([rows.client(next), rows.isWide(next)]).toEqual([NARROW_CLIENTS_MAX, true])
  })
})
