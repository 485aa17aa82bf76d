/** docs/PROTOCOL.md is normative: its tables are compared with what the code declares, row by row. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { CloseCode, afterClose } from './close-codes.ts'
import { ProtocolLimits } from './limits.ts'
import { PROTOCOL_VERSION, SCHEMA_HASH, schema, type MessageSchema } from './schema.ts'
import { wireCodes } from './wire-codes.ts'

const document = readFileSync(new URL('../../../docs/PROTOCOL.md', import.meta.url), 'utf8')

/** The rows of the table whose header starts with `columns`; only those columns. */
function table(...columns: readonly string[]): string[][] {
  const lines = document.split('\n')
  const head = lines.findIndex((line) => line.startsWith(`| ${columns.join(' | ')} |`))
  expect(head, `a table with the columns ${columns.join(', ')}`).toBeGreaterThanOrEqual(0)
  const rows: string[][] = []
  for (const line of lines.slice(head + 2)) {
    if (!line.startsWith('|')) break
    rows.push(
      line
        .split('|')
        .slice(1, columns.length + 1)
        .map((cell) => cell.trim()),
    )
  }
  return rows
}

test('the table of messages is the schema', () => {
  const declared = Object.entries<MessageSchema>(schema).map(([type, { tag, from, fields }]) => [
    type,
    String(tag),
    from,
    Object.entries(fields)
      .map(([name, kind]) => `${name}: ${kind}`)
      .join(', '),
  ])
  expect(table('message', 'tag', 'from', 'fields')).toEqual(declared)
})

test('the table of codes is the one on the wire', () => {
  const declared = Object.entries(wireCodes).map(([name, number]) => [name, String(number)])
  expect(table('code', 'number')).toEqual(declared)
})

test('the table of close codes is the one that clients act on', () => {
  const declared = Object.entries(CloseCode).map(([name, code]) => [name, String(code), afterClose(code)])
  expect(table('name', 'code', 'the client then')).toEqual(declared)
})

test('the table of limits is the one that decoders enforce', () => {
  const declared = Object.entries(ProtocolLimits).map(([name, value]) => [name, String(value)])
  expect(table('limit', 'value')).toEqual(declared)
})

test('the version does not change without the schema, nor the schema without the version', () => {
  const hash = createHash('sha256').update(JSON.stringify({ schema, wireCodes })).digest('hex').slice(0, 16)
  expect([PROTOCOL_VERSION, hash]).toEqual([1, SCHEMA_HASH])
})
