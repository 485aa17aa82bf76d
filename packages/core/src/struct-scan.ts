/**
 * A reader of structs that makes no objects: it steps over one struct at a time and keeps, in fields, what is needed to copy it,
 * cut it, or compare it. The layout is drawn in `struct.ts`; what is refused
 * is decided here. Most of what the core does with updates is this.
 */
import { ByteReader } from './byte-reader.ts'
import * as ContentKind from './content-kind.ts'
import { contentAt, skipCheckedContent, skipContent, type ContentExtent } from './content.ts'
import { NO_CLIENT, type Id } from './id.ts'
import type { PlainStructs } from './plain-structs.ts'
import * as Info from './struct-info.ts'
import { checkLength, failReference, type Parent, type Struct } from './struct.ts'

const noBytes = new Uint8Array(0)

export class StructScan {
  /** What is scanned; its offset is behind the struct that was read. */
  readonly reader: ByteReader = new ByteReader(noBytes)

  /** For stepping over what is plain; it does not touch the rest. Null where everything is read: see `SteppingScan`. */
  readonly plain: PlainStructs | null

  /** Whose structs are read; set by whoever knows. */
  client = 0

  // Of the struct that was read last. An ID that is absent has NO_CLIENT as its client, and any clock.
  clock = 0
  /** The info byte's kind of content, `Info.gc` or `Info.skip`. */
  kind = 0
  keyed = false
  originClient: number = NO_CLIENT
  originClock = 0
  rightClient: number = NO_CLIENT
  rightClock = 0
  /** Whether there is a parent. If it is a root type, `parentClient` is NO_CLIENT and its name is where these offsets say. */
  hasParent = false
  parentClient: number = NO_CLIENT
  parentClock = 0
  parentNameAt = 0
  parentNameEnd = 0
  /** The key beside the parent, if keyed. */
  parentSubAt = 0
  parentSubEnd = 0
  /** Length in units, and where the payload begins. */
  readonly content: ContentExtent = { length: 0, payloadAt: 0 }
  payloadEnd = 0
  #idClient = 0
  #idClock = 0

  constructor(plain: PlainStructs | null = null) {
    this.plain = plain
  }

  /** Goes on in other bytes, with structs of `client`. */
  open(bytes: Uint8Array, offset: number, client: number): void {
    this.reader.open(bytes, offset)
    this.client = client
  }

  /** Lets go of the bytes, so that they are not kept in memory. */
  close(): void {
    this.reader.open(noBytes)
    this.plain?.close()
  }

  get length(): number {
    return this.content.length
  }

  /** The clock after the last unit. */
  get end(): number {
    return this.clock + this.content.length
  }

  /**
   * Reads the struct of {@link client} at the reader's offset, which starts at `clock`. Throws `DecodeError`. `checked`: the bytes
   * were read before, so what is slow to check is not checked again. The client is no argument, since most client IDs are above
   * 2^31, and V8 would allocate one for each call.
   */
  read(clock: number, checked: boolean): void {
    const reader = this.reader
    const start = reader.offset
    const info = reader.uint8()
    const kind = info & Info.kindBits
    this.clock = clock
    this.kind = kind
    this.keyed = (info & Info.parentSub) !== 0
    this.originClient = NO_CLIENT
    this.rightClient = NO_CLIENT
    this.hasParent = false
    if (kind === Info.gc || kind === Info.skip) {
      if (info !== kind) reader.fail('unknown-tag', `no struct has the info ${info}`, start)
      this.content.length = reader.varUint()
      this.content.payloadAt = reader.offset
      this.payloadEnd = reader.offset
      checkLength(reader, start, clock, this.content.length)
      return
    }
    if ((info & Info.origin) !== 0) {
      const at = reader.offset
      this.#readId()
      this.originClient = this.#idClient
      this.originClock = this.#idClock
      if (this.originClient === this.client && this.originClock >= clock)
        failReference(reader, clock, this.originClock, at)
    }
    if ((info & Info.rightOrigin) !== 0) {
      const at = reader.offset
      this.#readId()
      this.rightClient = this.#idClient
      this.rightClock = this.#idClock
      if (this.rightClient === this.client && this.rightClock >= clock)
        failReference(reader, clock, this.rightClock, at)
    }
    if ((info & (Info.origin | Info.rightOrigin)) === 0) this.#readParent(clock)
    if (checked) skipCheckedContent(reader, kind, this.content)
    else skipContent(reader, kind, this.content)
    this.payloadEnd = reader.offset
    checkLength(reader, start, clock, this.content.length)
  }

  /** Into fields: what is returned above 2^31 would be allocated. */
  #readId(): void {
    const { reader } = this
    this.#idClient = reader.varUint()
    this.#idClock = reader.varUint()
  }

  #readParent(clock: number): void {
    const { reader } = this
    const start = reader.offset
    const isRoot = reader.varUint()
    if (isRoot > 1) reader.fail('unknown-tag', `no parent of kind ${isRoot}`, start)
    this.hasParent = true
    if (isRoot === 1) {
      this.parentClient = NO_CLIENT
      const nameAt = reader.offset
      reader.skipUtf8()
      this.parentNameAt = afterVarUint(reader.bytes, nameAt)
      this.parentNameEnd = reader.offset
    } else {
      const at = reader.offset
      this.#readId()
      this.parentClient = this.#idClient
      this.parentClock = this.#idClock
      if (this.parentClient === this.client && this.parentClock >= clock) {
        failReference(reader, clock, this.parentClock, at)
      }
    }
    if (this.keyed) {
      const subAt = reader.offset
      reader.skipUtf8()
      this.parentSubAt = afterVarUint(reader.bytes, subAt)
      this.parentSubEnd = reader.offset
    }
  }
}

/** The struct that was read last, as a value. Its bytes are borrowed from those that were read. */
export function structOf(scan: StructScan): Struct {
  const { kind, clock, length, keyed, reader } = scan
  if (kind === Info.gc || kind === Info.skip) return { type: kind === Info.gc ? 'gc' : 'skip', clock, length }
  const { bytes } = reader
  return {
    type: 'item',
    clock,
    length,
    origin: idOf(scan.originClient, scan.originClock),
    rightOrigin: idOf(scan.rightClient, scan.rightClock),
    parent: parentOf(scan),
    parentSub: scan.hasParent && keyed ? bytes.subarray(scan.parentSubAt, scan.parentSubEnd) : null,
    keyed,
    content: contentAt(bytes, kind, scan.content, scan.payloadEnd),
  }
}

function parentOf({
  hasParent,
  parentClient,
  parentClock,
  parentNameAt,
  parentNameEnd,
  reader,
}: StructScan): Parent | null {
  if (!hasParent) return null
  const id = idOf(parentClient, parentClock)
  return id === null ? { type: 'root', name: reader.bytes.subarray(parentNameAt, parentNameEnd) } : { type: 'item', id }
}

function idOf(client: number, clock: number): Id | null {
  return client === NO_CLIENT ? null : { client, clock }
}

/** How much a struct says of its units; where two speak of the same, the one that says more is kept. See the merge rule. */
export function informationOfKind(kind: number): number {
  if (kind === Info.skip) return 0
  if (kind === Info.gc) return 1
  return kind === ContentKind.deleted ? 2 : 3
}

function afterVarUint(bytes: Uint8Array, at: number): number {
  let after = at
  while (bytes[after]! >= 0x80) after++
  return after + 1
}
