/** Who is compared where people are: the servers, each with the library that people use with it. */
import { OURS } from '../harness/bench.ts'
import { automerge, contenders as wired, type Contender, type WiredContender } from '../relay/servers/contenders.ts'
import type { Running } from '../relay/servers/fleet.ts'
import type { LibraryName } from './library.ts'

export interface PeopleContender extends Contender {
  readonly library: LibraryName
}

export type PeopleServer = Running<PeopleContender>

/** In the order of the table's columns. */
export const peopleContenders: readonly PeopleContender[] = [
  ...wired.map(withLibrary),
  { ...automerge, library: 'automerge' },
]

function withLibrary(contender: WiredContender): PeopleContender {
  return { ...contender, library: libraryOf(contender) }
}

function libraryOf({ subject, server, basePath }: Contender): LibraryName {
  if (subject === OURS) return 'syncline'
  if (server === 'bare' || server === 'batched') return 'bare'
  return server === 'hocuspocus' || basePath === '/hocuspocus' ? 'hocuspocus' : 'y-websocket'
}
