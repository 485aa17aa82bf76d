/**
 * Who is compared where servers are: ours, on each of its endpoints, the two bare servers, and the servers that people run today. A
 * *contender* is a way to use a server; several may share one.
 */
import { LIMIT, OURS, type Role } from '../../harness/bench.ts'
import { bareWire } from '../load/bare-wire.ts'
import { synclineWire } from '../load/syncline-wire.ts'
import type { Wire } from '../load/wire.ts'
import { hocuspocusWire, yWebsocketWire } from '../load/yjs-wires.ts'

export const OURS_Y = 'syncline /y'
export const OURS_HOCUSPOCUS = 'syncline /hocuspocus'
export const BARE = 'bare ws'
/** The bare server that batches: about the most that Node can do. */
export const BATCHED = LIMIT
export const Y_WEBSOCKET = 'y-websocket 2'
export const HOCUSPOCUS = 'Hocuspocus 4'
export const AUTOMERGE = 'automerge-repo 2'

/** Who is no peer: bare `ws` promises nothing, and our other endpoints are ours. */
export const roles: Readonly<Record<string, Role>> = {
  [BARE]: 'yardstick',
  [OURS_Y]: 'ours',
  [OURS_HOCUSPOCUS]: 'ours',
}

export type ServerName = 'syncline' | 'bare' | 'batched' | 'y-websocket' | 'hocuspocus' | 'automerge'

export interface Contender {
  /** The heading of its column. */
  readonly subject: string
  readonly server: ServerName
  /** What the server's URL is followed by. */
  readonly basePath: string
  /** Whether somebody who comes later gets what the room has. */
  readonly keeps: boolean
  /** Whether the server writes to a disk. */
  readonly stores: boolean
  /** `undefined`: only its own library speaks its protocol. */
  readonly wire?: Wire
}

/** One whose protocol the load generator speaks itself. */
export interface WiredContender extends Contender {
  readonly wire: Wire
}

/** In the order of the table's columns. */
export const contenders: readonly WiredContender[] = [
  { subject: OURS, server: 'syncline', wire: synclineWire, basePath: '', keeps: true, stores: true },
  { subject: OURS_Y, server: 'syncline', wire: yWebsocketWire, basePath: '/y', keeps: true, stores: true },
  {
    subject: OURS_HOCUSPOCUS,
    server: 'syncline',
    wire: hocuspocusWire,
    basePath: '/hocuspocus',
    keeps: true,
    stores: true,
  },
  { subject: BARE, server: 'bare', wire: bareWire, basePath: '', keeps: false, stores: false },
  { subject: BATCHED, server: 'batched', wire: bareWire, basePath: '', keeps: false, stores: false },
  { subject: Y_WEBSOCKET, server: 'y-websocket', wire: yWebsocketWire, basePath: '', keeps: true, stores: true },
  { subject: HOCUSPOCUS, server: 'hocuspocus', wire: hocuspocusWire, basePath: '', keeps: true, stores: true },
]

/** Not among them, as its protocol is no wire of ours. */
export const automerge: Contender = {
  subject: AUTOMERGE,
  server: 'automerge',
  basePath: '',
  keeps: true,
  stores: true,
}

/** Who takes seconds where a row's work is handed to many: one round tells by how much. */
export const slowToMany: ReadonlySet<string> = new Set([Y_WEBSOCKET, HOCUSPOCUS])

/** Who takes part in a quick run: ours, the bare servers, and one that people run. */
export function quickOf<Some extends Contender>(among: readonly Some[]): readonly Some[] {
  return withoutCodecs(among).filter(({ subject }) => subject !== HOCUSPOCUS && subject !== AUTOMERGE)
}

/** Without the endpoints of ours that are codecs onto the same rooms. */
export function withoutCodecs<Some extends Contender>(among: readonly Some[]): readonly Some[] {
  return among.filter(({ subject }) => subject !== OURS_Y && subject !== OURS_HOCUSPOCUS)
}
