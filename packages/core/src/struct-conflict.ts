/** Which structs for the same units contradict each other. Apart from the merge rule, which takes one of them in any case. */
import * as ContentKind from './content-kind.ts'
import { compareIds } from './id.ts'
import type { Struct } from './struct.ts'
import { compareHeads, REPLACEMENT } from './struct-merge.ts'
import { unitsOfText } from './text-run.ts'
import { isSameValue } from './value-equality.ts'

/**
 * Whether two structs for the same units cannot both be honest: another place in the document, or other content. One that has lost
 * its content, or of whose surrogate pairs U+FFFD is left, says less, but nothing else.
 */
export function isConflict(a: Struct, b: Struct): boolean {
  if (a.type !== 'item' || b.type !== 'item') return false
  const isADeleted = a.content.kind === ContentKind.deleted
  if (isADeleted !== (b.content.kind === ContentKind.deleted)) return false
  if (compareIds(a.rightOrigin, b.rightOrigin) !== 0 || compareHeads(a, b) !== 0) return true
  if (isADeleted) return false
  if (a.content.kind !== b.content.kind) return true
  if (a.content.kind !== ContentKind.string) return !isSameValue(a.content, b.content)
  const bUnits = unitsOfText(b.content)
  return unitsOfText(a.content).some((unit, at) => {
    const other = bUnits[at]!
    return unit !== other && !(unit === REPLACEMENT && isHalf(other)) && !(other === REPLACEMENT && isHalf(unit))
  })
}

function isHalf(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff
}
