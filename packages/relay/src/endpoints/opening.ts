/**
 * What a client asks for with the URL of its upgrade request: one of the protocols that the relay speaks, and what that
 * protocol puts into the URL. Paths and parameters become typed values here, or the request is none of ours, or bad.
 *
 * ```
 * /sync                      the protocol of this project
 * /y/<room>?token=…          y-websocket; the room is percent-encoded and may contain slashes
 * /hocuspocus                Hocuspocus; documents and tokens come in its messages
 * ```
 */
import { ProtocolLimits, isRoomName } from '@syncline/protocol'

export const SYNC_PATH = '/sync'
export const Y_PATH = '/y/'
export const HOCUSPOCUS_PATH = '/hocuspocus'

export type Opening =
  | { readonly endpoint: 'sync' }
  | { readonly endpoint: 'hocuspocus' }
  | { readonly endpoint: 'y-websocket'; readonly room: string; readonly token: string | undefined }

/** `unknown`: nothing of ours is there. `bad`: it is ours, and makes no sense. */
export type OpeningOrNot = Opening | 'unknown' | 'bad'

/** Reads the target of a request: a path, and perhaps a query. */
export function openingOf(target: string): OpeningOrNot {
  const queryAt = target.indexOf('?')
  const path = queryAt === -1 ? target : target.slice(0, queryAt)
  if (path === SYNC_PATH) return { endpoint: 'sync' }
  if (path === HOCUSPOCUS_PATH) return { endpoint: 'hocuspocus' }
  if (!path.startsWith(Y_PATH)) return 'unknown'
  const room = decoded(path.slice(Y_PATH.length))
  if (room === undefined || !isRoomName(room)) return 'bad'
  const parameters = new URLSearchParams(queryAt === -1 ? '' : target.slice(queryAt))
  const token = parameters.get('token') ?? undefined
  if (token !== undefined && Buffer.byteLength(token) > ProtocolLimits.tokenBytesMax) return 'bad'
  return { endpoint: 'y-websocket', room, token }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    // Not percent-encoded UTF-8.
    return undefined
  }
}
