/** The session of `/sync`: the protocol of this project, in which a room's messages reach the client as they are. */
import { encodeFrame, type RelayMessage } from '@syncline/protocol'
import type { RelayLimits } from '../limits.ts'
import { ConnectionMachine } from './connection-machine.ts'
import type { Session } from './session.ts'

/** `agent` is how the relay names itself; `now` is when the socket opened, in milliseconds. */
export function nativeSession(agent: string, limits: RelayLimits, now: number): Session<RelayMessage> {
  return {
    machine: new ConnectionMachine(agent, limits, now),
    direct: (shared) => {
      const { message } = shared
      return message.type === 'stateless' ? undefined : shared.frame('native', () => encodeFrame([message]))
    },
    encode: (messages) => [encodeFrame(messages)],
  }
}
