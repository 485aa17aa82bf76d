/**
 * Forgery of updates, by somebody who knows the format: numbers set to the ends of their ranges or to each other's values, parts
 * repeated, removed, exchanged with another update's, values nested as deep as one likes. Counts are set right or left wrong. The
 * rest is damage without any such knowledge, see `mutated-update.fixture.ts`.
 */
import fc from 'fast-check'
import { NESTING_DEPTH_MAX } from './any.ts'
import { ByteWriter } from './byte-writer.ts'
import { damaged, isUpdate, type Damage } from './mutated-update.fixture.ts'
import { fieldsOf, type NumberField, type PartField } from './update-fields.fixture.ts'

export const forgeryKinds = [
  'number',
  'number',
  'exchange',
  'shift',
  'info',
  'repeat',
  'remove',
  'graft',
  'replace',
  'splice',
  'nest',
  'damage',
] as const

/** One change; the numbers are read modulo what there is. */
export interface Forgery {
  readonly kind: (typeof forgeryKinds)[number]
  readonly at: number
  readonly value: number
  readonly isCounted: boolean
}

/** One to three changes, and which updates they are of: indices, modulo how many there are. */
export interface ForgedUpdate {
  readonly of: number
  readonly with: number
  readonly forgeries: readonly Forgery[]
}

export const forgedUpdateArbitrary: fc.Arbitrary<ForgedUpdate> = fc.record({
  of: fc.nat({ max: 0xffff }),
  with: fc.nat({ max: 0xffff }),
  forgeries: fc.array(
    fc.record({
      kind: fc.constantFrom(...forgeryKinds),
      at: fc.nat({ max: 0xffffff }),
      value: fc.nat({ max: 0xffff }),
      isCounted: fc.constantFrom(true, true, true, false),
    }),
    { minLength: 1, maxLength: 2 },
  ),
})

/** The update after all changes, as a copy. `updates` decode. */
export function forge(updates: readonly Uint8Array[], { of, with: other, forgeries }: ForgedUpdate): Uint8Array {
  const given = updates.at(of % updates.length)!
  const source = updates.at(other % updates.length)!
  let bytes = given
  for (const forgery of forgeries) {
    // What no longer decodes has no fields; it can still be damaged.
    bytes = bytes === given || isUpdate(bytes) ? forgeOnce(bytes, source, forgery) : damageOnce(bytes, forgery)
  }
  return bytes
}

function forgeOnce(bytes: Uint8Array, source: Uint8Array, forgery: Forgery): Uint8Array {
  const { kind, at, value, isCounted } = forgery
  const { numbers, parts } = fieldsOf(bytes)
  // A wrong count ends nearly every update too early, so that there are fewer of them.
  const mostly = numbers.filter(({ role }) => value % 8 === 0 || (role !== 'count' && role !== 'bytes'))
  const number = mostly.at(at % mostly.length) ?? numbers.at(0)!
  switch (kind) {
    case 'number':
      return edited(bytes, [numberAs(number, edges.at(value % edges.length)!, isCounted)])
    case 'exchange': {
      const others = [...numbers, ...fieldsOf(source).numbers].filter(({ role }) => role === number.role)
      return edited(bytes, [numberAs(number, others.at(value % others.length)!.value, true)])
    }
    case 'shift':
      return edited(bytes, [numberAs(number, shifted(number.value, (value % 9) - 4), true)])
    case 'info': {
      const infos = numbers.filter(({ role }) => role === 'info')
      const info = infos.at(at % infos.length)
      if (info === undefined) return damageOnce(bytes, forgery)
      return edited(bytes, [{ ...info, bytes: Uint8Array.of(info.value ^ flags.at(value % flags.length)!) }])
    }
    case 'nest': {
      const values = parts.filter(({ role }) => role === 'element' || role === 'json')
      const part = values.at(at % values.length)
      if (part === undefined) return damageOnce(bytes, forgery)
      const nested = nest(bytes.subarray(part.from, part.to), part.role, depths.at(value % depths.length)!, isCounted)
      return edited(bytes, [{ ...part, bytes: nested }])
    }
    case 'damage':
      return damageOnce(bytes, forgery)
    case 'repeat':
    case 'remove':
    case 'graft':
    case 'replace':
    case 'splice':
      if (parts.length === 0) return damageOnce(bytes, forgery)
      return forgePart(bytes, source, parts.at(at % parts.length)!, forgery)
  }
}

function forgePart(bytes: Uint8Array, source: Uint8Array, part: PartField, forgery: Forgery): Uint8Array {
  const { kind, value, isCounted } = forgery
  const itself = bytes.subarray(part.from, part.to)
  const counted = (more: number): Edit[] =>
    isCounted && part.count !== null ? [numberAs(part.count, Math.max(0, part.count.value + more), true)] : []
  if (kind === 'remove') return edited(bytes, [...counted(-1), { ...part, bytes: nothing }])
  if (kind === 'repeat') {
    const times = repetitions.at(value % repetitions.length)!
    return edited(bytes, [...counted(times), { from: part.to, to: part.to, bytes: repeated(itself, times) }])
  }
  const others = fieldsOf(source).parts.filter(({ role }) => role === part.role)
  const other = others.at(value % Math.max(1, others.length))
  if (other === undefined) return damageOnce(bytes, forgery)
  const foreign = source.subarray(other.from, other.to)
  if (kind === 'graft') return edited(bytes, [...counted(1), { from: part.to, to: part.to, bytes: foreign }])
  if (kind === 'replace') return edited(bytes, [{ ...part, bytes: foreign }])
  return edited(bytes, [{ from: part.from, to: bytes.length, bytes: source.subarray(other.from) }])
}

function damageOnce(bytes: Uint8Array, { at, value }: Forgery): Uint8Array {
  const kinds: readonly Damage['kind'][] = ['flip', 'flip', 'set', 'set', 'cut', 'insert', 'remove', 'copy', 'inflate']
  return damaged(bytes, [{ kind: kinds.at((at + value) % kinds.length)!, at, value }])
}

interface Edit {
  readonly from: number
  readonly to: number
  readonly bytes: Uint8Array
}

const nothing = new Uint8Array(0)

/** A number written as another: as short as it gets, or two bytes longer than needed, which readers accept up to a point. */
function numberAs({ role, from, to }: NumberField, value: number, isShort: boolean): Edit {
  if (role === 'info' || role === 'tag') return { from, to, bytes: Uint8Array.of(value % 256) }
  const writer = new ByteWriter()
  writer.varUint(value)
  const short = writer.finish()
  if (isShort) return { from, to, bytes: short }
  return { from, to, bytes: Uint8Array.of(...short.subarray(0, -1), short.at(-1)! | 0x80, 0x80, 0) }
}

/** The bytes with all edits made; edits do not overlap. */
function edited(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array {
  const writer = new ByteWriter()
  let at = 0
  for (const edit of [...edits].sort((a, b) => a.from - b.from)) {
    writer.raw(bytes.subarray(at, edit.from))
    writer.raw(edit.bytes)
    at = edit.to
  }
  writer.raw(bytes.subarray(at))
  return writer.finish()
}

function repeated(part: Uint8Array, times: number): Uint8Array {
  const writer = new ByteWriter()
  for (let left = times; left > 0; left--) writer.raw(part)
  return writer.finish()
}

/** A little more or less, as far as there are integers. */
function shifted(value: number, by: number): number {
  return Math.min(Math.max(0, value + by), Number.MAX_SAFE_INTEGER)
}

/** A value in so many arrays, or objects. */
function nest(value: Uint8Array, role: PartField['role'], depth: number, isArray: boolean): Uint8Array {
  const writer = new ByteWriter()
  if (role === 'element') {
    for (let left = depth; left > 0; left--) writer.raw(isArray ? Uint8Array.of(117, 1) : Uint8Array.of(118, 1, 1, 107))
    writer.raw(value)
  } else {
    writer.string(isArray ? '['.repeat(depth) + ']'.repeat(depth) : '{"k":'.repeat(depth) + '0' + '}'.repeat(depth))
  }
  return writer.finish()
}

/** Around every limit that there is: bytes of a varUint, 31, 32 and 53 bits. */
const edges: readonly number[] = [
  0,
  1,
  2,
  3,
  4,
  5,
  6,
  7,
  9,
  10,
  11,
  127,
  128,
  16383,
  16384,
  2 ** 28,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 52,
  Number.MAX_SAFE_INTEGER - 1,
  Number.MAX_SAFE_INTEGER,
]

/** What may be turned in an info byte: each flag, several, and the kind. */
const flags = [0x20, 0x40, 0x80, 0xc0, 0xe0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 14, 15] as const

const depths = [1, 2, NESTING_DEPTH_MAX - 1, NESTING_DEPTH_MAX, NESTING_DEPTH_MAX + 1, 5000] as const

const repetitions = [1, 1, 1, 2, 3, 40, 300] as const
