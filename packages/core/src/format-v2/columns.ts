/**
 * Format v2 takes an update apart: what format v1 writes struct by struct stands here by kind, each kind in a column of its own
 * that suits it, and whatever has no column stands in the rest, in the order of writing. So a struct has no place of its own; one
 * reads it by taking the next value from each column that it has a part in.
 *
 *     varUint 0                          features: none yet
 *     varUint length, column  × 9        keys · clients · left clocks · right clocks · infos · strings · parent infos ·
 *                                        type references · lengths
 *     the rest                           without a length: counts, first clocks, skips, bytes, any values, the delete set
 *
 * Left clocks are those of origins and of items as parents, right clocks those of right origins. Clients are those of structs and
 * of all these IDs.
 */
import { ByteReader } from '../byte-reader.ts'
import { ByteWriter } from '../byte-writer.ts'
import { ByteRunsReader, ByteRunsWriter } from './byte-runs.ts'
import { DiffRunsReader, DiffRunsWriter } from './diff-runs.ts'
import { KeyColumnReader, KeyColumnWriter } from './key-column.ts'
import { StringColumnReader, StringColumnWriter } from './string-column.ts'
import { UintRunsReader, UintRunsWriter } from './uint-runs.ts'

/** The columns of an update that is being read. All offsets in errors count from the start of the update. */
export class ColumnsReader {
  readonly keys: KeyColumnReader
  readonly clients: UintRunsReader
  readonly leftClocks: DiffRunsReader
  readonly rightClocks: DiffRunsReader
  readonly infos: ByteRunsReader
  readonly strings: StringColumnReader
  readonly parentInfos: ByteRunsReader
  readonly typeReferences: UintRunsReader
  readonly lengths: UintRunsReader
  readonly rest: ByteReader

  /** Borrows `bytes`. Throws `DecodeError` if they are not divided into columns. */
  constructor(bytes: Uint8Array) {
    const reader = new ByteReader(bytes)
    const features = reader.varUint()
    if (features !== 0) reader.fail('unknown-tag', `features ${features} of a format to come`, 0)
    const keyNumbers = readColumn(reader)
    this.clients = new UintRunsReader(readColumn(reader))
    this.leftClocks = new DiffRunsReader(readColumn(reader))
    this.rightClocks = new DiffRunsReader(readColumn(reader))
    this.infos = new ByteRunsReader(readColumn(reader))
    this.strings = new StringColumnReader(readColumn(reader))
    this.parentInfos = new ByteRunsReader(readColumn(reader))
    this.typeReferences = new UintRunsReader(readColumn(reader))
    this.lengths = new UintRunsReader(readColumn(reader))
    this.keys = new KeyColumnReader(keyNumbers, this.strings)
    this.rest = reader
  }

  /** Throws unless every column, and the rest, was read to its end. */
  end(): void {
    this.rest.end()
    this.keys.end()
    this.clients.end()
    this.leftClocks.end()
    this.rightClocks.end()
    this.infos.end()
    this.strings.end()
    this.parentInfos.end()
    this.typeReferences.end()
    this.lengths.end()
  }
}

/** The columns of an update that is being written. */
export class ColumnsWriter {
  readonly clients: UintRunsWriter = new UintRunsWriter()
  readonly leftClocks: DiffRunsWriter = new DiffRunsWriter()
  readonly rightClocks: DiffRunsWriter = new DiffRunsWriter()
  readonly infos: ByteRunsWriter = new ByteRunsWriter()
  readonly strings: StringColumnWriter = new StringColumnWriter()
  readonly keys: KeyColumnWriter = new KeyColumnWriter(this.strings)
  readonly parentInfos: ByteRunsWriter = new ByteRunsWriter()
  readonly typeReferences: UintRunsWriter = new UintRunsWriter()
  readonly lengths: UintRunsWriter = new UintRunsWriter()
  readonly rest: ByteWriter = new ByteWriter(256)

  /** The update. Nothing may be written after. */
  finish(): Uint8Array<ArrayBuffer> {
    const writer = new ByteWriter(this.rest.length + 64)
    writer.varUint(0)
    writer.lengthPrefixed(this.keys.finish())
    writer.lengthPrefixed(this.clients.finish())
    writer.lengthPrefixed(this.leftClocks.finish())
    writer.lengthPrefixed(this.rightClocks.finish())
    writer.lengthPrefixed(this.infos.finish())
    writer.lengthPrefixed(this.strings.finish())
    writer.lengthPrefixed(this.parentInfos.finish())
    writer.lengthPrefixed(this.typeReferences.finish())
    writer.lengthPrefixed(this.lengths.finish())
    writer.raw(this.rest.finish())
    return writer.finish()
  }
}

/** A reader of the next column, which ends where the column ends and counts offsets as the update does. */
function readColumn(reader: ByteReader): ByteReader {
  const length = reader.varUint()
  const start = reader.offset
  reader.view(length)
  return new ByteReader(reader.bytes.subarray(0, reader.offset), start)
}
