/** The session of `/sync`: the protocol of this project, in which a room's messages reach the client as they are. */
import { encodeFrame, type RelayMessage } from '@syncline/protocol'
import type { RelayLimits } from '../limits.ts'
import type { SharedMessage } from '../room/shared-message.ts'
import { ConnectionMachine } from './connection-machine.ts'
import type { Session } from './session.ts'

/** `agent` is how the relay names itself; `now` is when the socket opened, in milliseconds. */
export function nativeSession(agent: string, limits: RelayLimits, now: number): Session<RelayMessage> {
  return new NativeSession(new ConnectionMachine(agent, limits, now))
}

/** Its functions are those of a class, so that a connection has none of its own. */
class NativeSession implements Session<RelayMessage> {
  readonly machine: ConnectionMachine

  constructor(machine: ConnectionMachine) {
    this.machine = machine
  }

  direct(shared: SharedMessage): Uint8Array | undefined {
    const { message } = shared
    return message.type === 'stateless' ? undefined : shared.frame('native', () => encodeFrame([message]))
  }

  encode(messages: readonly RelayMessage[]): readonly Uint8Array[] {
    return [encodeFrame(messages)]
  }
}
