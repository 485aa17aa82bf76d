/** The session of `/y/<room>`: one document of a y-websocket client. */
import type { Session } from '../../connection/session.ts'
import type { RelayLimits } from '../../limits.ts'
import { encodeYFrame, type YAnswer } from './y-codec.ts'
import { YMachine } from './y-machine.ts'

/** `now` is when the socket opened, in milliseconds. */
export function ySession(room: string, token: string | undefined, limits: RelayLimits, now: number): Session<YAnswer> {
  return {
    machine: new YMachine(room, token, limits, now),
    encode: (answers) => answers.map(encodeYFrame),
  }
}
