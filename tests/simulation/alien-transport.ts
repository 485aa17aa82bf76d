/** A client of another version of the protocol, as far as a relay can tell: its hello offers a version that nobody speaks. */
import { decodeClientFrame, encodeFrame } from '@syncline/protocol'
import type { Transport } from 'syncline'

const UNKNOWN_VERSION = 99

export function alienTransport(transport: Transport): Transport {
  return {
    connect: (url, events) => {
      const link = transport.connect(url, events)
      return {
        get backlogBytes() {
          return link.backlogBytes
        },
        send: (frame) => {
          const messages = decodeClientFrame(frame.slice())
          const [hello] = messages
          const isHello = hello?.type === 'hello'
          link.send(isHello ? encodeFrame([{ ...hello, versions: [UNKNOWN_VERSION] }]) : frame)
        },
        close: (code, reason) => link.close(code, reason),
      }
    },
  }
}
