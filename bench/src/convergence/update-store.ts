/** Our store of updates, as a relay or a device has it: it never edits, and answers who asks what it lacks. */
import { UpdateStore, decodeStateVector, encodeStateVector } from '@syncline/core'
import { OURS } from '../harness/bench.ts'
import type { Participant } from './participant.ts'
import { contentOfUpdate } from './settled.ts'

export function updateStore(): Participant {
  const store = new UpdateStore()
  return {
    library: `${OURS} store`,
    isExact: true,
    edit() {},
    onUpdate() {},
    apply(update) {
      store.ingest(update)
    },
    stateVector: () => encodeStateVector(store.stateVector()),
    diff: (stateVector) => store.diff(decodeStateVector(stateVector)),
    encode: () => store.encode(),
    content: () => contentOfUpdate(store.encode()),
    isWaiting: () => !store.missing().isEmpty,
    destroy() {},
  }
}
