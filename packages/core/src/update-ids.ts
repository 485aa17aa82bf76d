/** Which units an update brings and which it deletes, without their content: all that a room needs to know of one. */
import { IdSet } from './id-set.ts'
import { encodeStateVector } from './state-vector.ts'
import { steppingScan } from './stepping-scan.ts'
import { scanDeletion, scanSingle, scanUpdate, type ScannedDeletion } from './update-scan.ts'

export interface UpdateIds {
  /** The units whose structs the update holds; skips are not among them. */
  readonly structs: IdSet
  /** Its delete set. */
  readonly deletes: IdSet
  /** Whether the bytes have the deletions in order; see `withDeletesInOrder`. */
  readonly areDeletesInOrder: boolean
}

/** The same as numbers, three a range: client, start, end; half-open, clients descending, clocks ascending, none touching another. */
export interface UpdateRanges {
  readonly structs: readonly number[]
  readonly deletes: readonly number[]
  /** As {@link UpdateIds.areDeletesInOrder}. */
  readonly areDeletesInOrder: boolean
}

/** One for all calls, which do not overlap: making one costs more than reading a keystroke with it. */
const scan = steppingScan()
const deletion: ScannedDeletion = { client: 0, start: 0, end: 0 }

const noRanges: readonly number[] = []

/** The IDs in an update. Bytes are checked first, and whole: throws `DecodeError`. Cost linear in the structs. */
export function updateIds(update: Uint8Array): UpdateIds {
  try {
    return idsOfBytes(update)
  } finally {
    scan.close()
  }
}

function idsOfBytes(update: Uint8Array): UpdateIds {
  const structs = new IdSet()
  if (scanSingle(update, scan)) {
    structs.add(scan.client, scan.clock, scan.end)
    return { structs, deletes: new IdSet(), areDeletesInOrder: true }
  }
  const { stretches, deletes, areDeletesInOrder } = scanUpdate(update, scan)
  for (const { client, clock, end } of stretches) structs.add(client, clock, end)
  return { structs, deletes: IdSet.of(deletes), areDeletesInOrder }
}

/**
 * The IDs in an update, flat. Bytes are checked first, and whole: throws `DecodeError`. Cost linear in the structs; of a keystroke,
 * which a room asks about one after the other, a tenth of the memory that {@link updateIds} takes. Arrays may be shared: they are
 * not to be changed.
 */
export function updateRanges(update: Uint8Array): UpdateRanges {
  try {
    if (scanSingle(update, scan)) {
      return { structs: [scan.client, scan.clock, scan.end], deletes: noRanges, areDeletesInOrder: true }
    }
    if (scanDeletion(update, scan.reader, deletion)) {
      const { client, start, end } = deletion
      return { structs: noRanges, deletes: [client, start, end], areDeletesInOrder: true }
    }
    const { structs, deletes, areDeletesInOrder } = idsOfBytes(update)
    return { structs: flat(structs), deletes: flat(deletes), areDeletesInOrder }
  } finally {
    scan.close()
  }
}

function flat(ids: IdSet): readonly number[] {
  if (ids.isEmpty) return noRanges
  const numbers: number[] = []
  for (const { client, start, end } of ids) numbers.push(client, start, end)
  return numbers
}

/**
 * The state vector of a replica that has exactly this update: per client where its first gap begins. A client whose structs do
 * not begin at clock 0 is not in it. Throws `DecodeError`.
 *
 * Equal to `Y.encodeStateVectorFromUpdate`, but for one case: where the update's first struct is a skip at clock 0, Yjs takes
 * the skipped units for known ones.
 */
export function encodeStateVectorFromUpdate(update: Uint8Array): Uint8Array<ArrayBuffer> {
  const stateVector = new Map<number, number>()
  for (const { client, clock, end } of scanUpdate(update, steppingScan(), false).stretches) {
    if (clock === 0) stateVector.set(client, end)
  }
  return encodeStateVector(stateVector)
}
