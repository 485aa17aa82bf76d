/** The session of `/hocuspocus`: the documents of Hocuspocus clients that share a socket. */
import type { Session } from '../../connection/session.ts'
import type { RelayLimits } from '../../limits.ts'
import { encodeHocuspocusFrame, type HocuspocusAnswer } from './hocuspocus-codec.ts'
import { HocuspocusMachine } from './hocuspocus-machine.ts'

/** `now` is when the socket opened, in milliseconds. */
export function hocuspocusSession(limits: RelayLimits, now: number): Session<HocuspocusAnswer> {
  return {
    machine: new HocuspocusMachine(limits, now),
    encode: (answers) => answers.map(encodeHocuspocusFrame),
  }
}
