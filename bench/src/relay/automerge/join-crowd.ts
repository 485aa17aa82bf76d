/** A crowd at any server: of the load generator's clients, or of the library's own where that alone speaks the protocol. */
import type { Crowd } from '../load/crowd.ts'
import { TypingCrowd } from '../load/typing-crowd.ts'
import type { Contender } from '../servers/contenders.ts'
import type { Running } from '../servers/fleet.ts'
import { AutomergeCrowd } from './automerge-load.ts'

export interface CrowdSize {
  /** Two people in each. */
  readonly rooms: number
  /** No one presses more keys. */
  readonly keystrokesMax: number
  /** Of each person. */
  readonly keystrokesPerSecond: number
}

/** In rooms that nobody has used, which `room` names. */
export function joinCrowd(
  server: Running<Contender>,
  room: string,
  { rooms, keystrokesMax, keystrokesPerSecond }: CrowdSize,
): Promise<Crowd> {
  const { subject, url, wire } = server
  if (wire === undefined) return AutomergeCrowd.join(url, rooms, keystrokesPerSecond)
  return TypingCrowd.join({ subject, url, wire }, room, rooms, keystrokesMax, keystrokesPerSecond)
}
