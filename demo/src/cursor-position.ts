/**
 * Places in the text that hold while others write: Yjs relative positions, in the JSON form that Yjs editors exchange. A cursor is
 * an anchor and a head, in UTF-16 code units within the editor.
 */
import * as Y from 'yjs'

export interface Cursor {
  readonly anchor: Y.RelativePosition
  readonly head: Y.RelativePosition
}

export function cursorAt(text: Y.Text, anchor: number, head: number): Cursor {
  return {
    anchor: Y.createRelativePositionFromTypeIndex(text, anchor),
    head: Y.createRelativePositionFromTypeIndex(text, head),
  }
}

/**
 * Where a position stands in `text` now; `undefined` for nonsense, for another text, and for text that is not here yet. `position`
 * comes from a peer, unchecked. Costs a walk over the text.
 */
export function resolvePosition(position: unknown, text: Y.Text): number | undefined {
  if (text.doc === null) return undefined
  try {
    const relative = Y.createRelativePositionFromJSON(position)
    // Yjs would make a root type of whatever name a peer thinks up.
    const root: unknown = relative.tname === null ? text : text.doc.share.get(relative.tname)
    if (root !== text) return undefined
    const absolute = Y.createAbsolutePositionFromRelativePosition(relative, text.doc)
    if (absolute === null || absolute.type !== text) return undefined
    return Number.isInteger(absolute.index) ? Math.min(Math.max(absolute.index, 0), text.length) : undefined
  } catch {
    // Yjs trusts its input; a peer's nonsense is simply not drawn.
    return undefined
  }
}
