/**
 * Structs in format v2: the parts, their order and their meaning are those of v1 (see `struct.ts`), but each part comes from the
 * column of its kind. Only skips have their length in the rest.
 *
 *     GC                infos: 0, lengths: length
 *     skip              infos: 10, rest: length
 *     item              infos: info, [origin] [right origin] [parent [strings: parentSub]] content
 *     origin            clients: client, left clocks: clock
 *     right origin      clients: client, right clocks: clock
 *     parent            parent infos: 1, strings: name of a root type · parent infos: 0, as an origin: item that holds the type
 */
import type { Id } from '../id.ts'
import * as Info from '../struct-info.ts'
import { checkLength, failReference, type Parent, type Struct } from '../struct.ts'
import type { ColumnsReader, ColumnsWriter } from './columns.ts'
import { readContentV2, writeContentV2 } from './content-v2.ts'
import type { DiffRunsReader } from './diff-runs.ts'

/** Reads the struct of `client` that starts at `clock`; refuses what v1 refuses. Throws `DecodeError`. Bytes are borrowed from the input where they can be. */
export function readStructV2(columns: ColumnsReader, client: number, clock: number): Struct {
  const start = columns.infos.offset
  const info = columns.infos.read()
  if (info === Info.gc || info === Info.skip) {
    const length = info === Info.gc ? columns.lengths.read() : columns.rest.varUint()
    checkLength(columns.rest, start, clock, length)
    return { type: info === Info.gc ? 'gc' : 'skip', clock, length }
  }
  const kind = info & Info.kindBits
  if (kind === Info.gc || kind === Info.skip) columns.rest.fail('unknown-tag', `no struct has the info ${info}`, start)
  const keyed = (info & Info.parentSub) !== 0
  const { leftClocks, rightClocks } = columns
  const origin = (info & Info.origin) !== 0 ? readReference(columns, leftClocks, client, clock) : null
  const rightOrigin = (info & Info.rightOrigin) !== 0 ? readReference(columns, rightClocks, client, clock) : null
  const parent = origin === null && rightOrigin === null ? readParent(columns, client, clock) : null
  const parentSub = parent !== null && keyed ? columns.strings.readName() : null
  const content = readContentV2(columns, kind)
  checkLength(columns.rest, start, clock, content.length)
  return { type: 'item', clock, length: content.length, origin, rightOrigin, parent, parentSub, keyed, content }
}

/** Writes a struct; the opposite of {@link readStructV2}. */
export function writeStructV2(columns: ColumnsWriter, struct: Struct): void {
  if (struct.type === 'gc') {
    columns.infos.write(Info.gc)
    columns.lengths.write(struct.length)
    return
  }
  if (struct.type === 'skip') {
    columns.infos.write(Info.skip)
    columns.rest.varUint(struct.length)
    return
  }
  const { origin, rightOrigin, parent, parentSub, keyed, content } = struct
  columns.infos.write(
    content.kind |
      (keyed ? Info.parentSub : 0) |
      (rightOrigin === null ? 0 : Info.rightOrigin) |
      (origin === null ? 0 : Info.origin),
  )
  if (origin !== null) writeLeftId(columns, origin)
  if (rightOrigin !== null) {
    columns.clients.write(rightOrigin.client)
    columns.rightClocks.write(rightOrigin.clock)
  }
  if (parent !== null) {
    columns.parentInfos.write(parent.type === 'root' ? 1 : 0)
    if (parent.type === 'root') columns.strings.writeName(parent.name)
    else writeLeftId(columns, parent.id)
    if (parentSub !== null) columns.strings.writeName(parentSub)
  }
  writeContentV2(columns, content)
}

/** A reference to a unit; as in v1, a client only builds on units of its own that came before. */
function readReference(columns: ColumnsReader, clocks: DiffRunsReader, client: number, clock: number): Id {
  const start = columns.clients.offset
  const id = { client: columns.clients.read(), clock: clocks.read() }
  if (id.client === client && id.clock >= clock) failReference(columns.rest, clock, id.clock, start)
  return id
}

function readParent(columns: ColumnsReader, client: number, clock: number): Parent {
  const start = columns.parentInfos.offset
  const isRoot = columns.parentInfos.read()
  if (isRoot > 1) columns.rest.fail('unknown-tag', `no parent of kind ${isRoot}`, start)
  if (isRoot === 1) return { type: 'root', name: columns.strings.readName() }
  return { type: 'item', id: readReference(columns, columns.leftClocks, client, clock) }
}

function writeLeftId(columns: ColumnsWriter, id: Id): void {
  columns.clients.write(id.client)
  columns.leftClocks.write(id.clock)
}
