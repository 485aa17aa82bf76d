/** Whether rooms have what was pushed to them, as somebody finds out who joins afterwards. */
import { mergeUpdates } from '@syncline/core'
import { check } from '../../harness/bench.ts'
import { LoadClient } from '../load/load-client.ts'
import type { RunningContender } from '../servers/fleet.ts'

/** Rooms that are looked at. */
const ROOMS_CHECKED = 3

/** Looks at the first rooms; `pushed` has the updates of each. */
export async function verifyStored(
  server: RunningContender,
  roomOf: (index: number) => string,
  pushed: readonly (readonly Uint8Array[])[],
): Promise<void> {
  for (const [index, updates] of pushed.slice(0, ROOMS_CHECKED).entries()) {
    const late = await LoadClient.join(server, roomOf(index))
    await late.close()
    check(
      Buffer.compare(mergeUpdates(late.stored), mergeUpdates(updates)) === 0,
      `${server.subject}: what a room has is not what was pushed to it`,
    )
  }
}
