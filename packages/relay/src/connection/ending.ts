/** How a connection ends because of what is no message: the same for every protocol, with a code and a reason for people. */
import { CloseCode } from '@syncline/protocol'
import type { SessionEvent } from './session.ts'

export interface Ending {
  readonly code: CloseCode
  readonly reason: string
}

/** The events that end a connection whatever it has said so far. */
export type EndingEvent = Extract<SessionEvent['type'], 'textFrame' | 'overflow' | 'lateFrame' | 'drain'>

export const endings: { readonly [Type in EndingEvent]: Ending } = {
  textFrame: { code: CloseCode.unsupportedData, reason: 'the protocol is binary' },
  overflow: { code: CloseCode.slowConsumer, reason: 'what was sent is not being read' },
  lateFrame: { code: CloseCode.timeout, reason: 'a frame did not become whole in time' },
  drain: { code: CloseCode.goingAway, reason: 'the relay is closing' },
}

/** It said nothing at all for too long. */
export const silence: Ending = { code: CloseCode.timeout, reason: 'no sign of life' }
