/**
 * How a room's head changes: pure transitions, shared by every backend so that seqs, epochs and counts mean the same in
 * each. The update bytes themselves are the backend's business.
 */
import { EPOCHS_MAX, type RoomHead } from './update-log.ts'

/**
 * The head after one more entry, of `updateBytes`, written in `epoch`. Another epoch than the last begins with this
 * entry.
 */
export function headAfterAppend(head: RoomHead, epoch: number, updateBytes: number): RoomHead {
  const seq = head.position.seq + 1
  const continues = head.epochs.at(-1)?.epoch === epoch
  return {
    position: { epoch, seq },
    epochs: continues ? head.epochs : [...head.epochs, { epoch, firstSeq: seq }].slice(-EPOCHS_MAX),
    checkpointSeq: head.checkpointSeq,
    checkpointBytes: head.checkpointBytes,
    tailEntries: head.tailEntries + 1,
    tailBytes: head.tailBytes + updateBytes,
  }
}

/** The head after `entries` more, of `updateBytes` together, in the epoch of the last. */
export function headAfterAppends(head: RoomHead, entries: number, updateBytes: number): RoomHead {
  const { epoch, seq } = head.position
  return {
    ...head,
    position: { epoch, seq: seq + entries },
    tailEntries: head.tailEntries + entries,
    tailBytes: head.tailBytes + updateBytes,
  }
}

/** The head after a checkpoint of `checkpointBytes` up to `upToSeq`; entries of `tailBytes` together stay after it. */
export function headAfterCheckpoint(
  head: RoomHead,
  upToSeq: number,
  checkpointBytes: number,
  tailBytes: number,
): RoomHead {
  return {
    ...head,
    checkpointSeq: upToSeq,
    checkpointBytes,
    tailEntries: head.position.seq - upToSeq,
    tailBytes,
  }
}
