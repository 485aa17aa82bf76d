/**
 * Every route of the HTTP API: what it takes, what it answers, and how it is described. The description
 * (open-api.ts) is made from this table, so that the two cannot tell different things.
 */
import { decodeStateVector, DecodeError } from '@syncline/core'
import { isRoomName, type Position } from '@syncline/protocol'
import type { RelayLimits } from '../../limits.ts'
import type { UpdateLog } from '../../log/update-log.ts'
import type { UpdateMerger } from '../../room/update-merger.ts'
import type { ApiRelay } from './api-relay.ts'
import { ApiProblem } from './problem.ts'

/** What an answer is. */
export type ApiAnswer =
  | { readonly kind: 'json'; readonly status?: 200; readonly value: unknown }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly position: Position }
  | { readonly kind: 'nothing' }

/** What a route works with. */
export interface ApiSurroundings {
  readonly relay: ApiRelay
  readonly log: UpdateLog
  readonly merger: UpdateMerger
  readonly limits: RelayLimits
}

/** A request that was let in. */
export interface ApiCall {
  /** The room of the path; empty on routes without one. */
  readonly room: string
  /** Who asks, where tokens name somebody. */
  readonly caller: string | undefined
  /** The subject of the path; empty on routes without one. */
  readonly subject: string
  readonly query: URLSearchParams
  /** The body; empty on routes that take none. */
  readonly body: Uint8Array
  /** Aborts when the answer has taken too long. */
  readonly signal: AbortSignal
}

/** Who may take a route: whoever may read or write its room, or the operator alone. */
export type ApiAccess = 'read' | 'write' | 'operator'

export interface ApiParameter {
  readonly name: string
  readonly description: string
  readonly schema: Readonly<Record<string, unknown>>
}

export interface ApiRoute {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below the base of the API; what stands in braces is one percent-encoded segment. */
  readonly path: '/rooms' | '/rooms/{room}' | `/rooms/{room}/${string}` | '/subjects/{subject}/connections'
  readonly access: ApiAccess
  readonly operationId: string
  readonly summary: string
  readonly query: readonly ApiParameter[]
  /** What the body is, if there is one, and how long it may be. */
  readonly body?: { readonly description: string; readonly bytesMax: 'updateBytesMax' | 'stateVectorBytesMax' }
  readonly answer:
    | { readonly kind: 'json'; readonly description: string; readonly schema: Readonly<Record<string, unknown>> }
    | { readonly kind: 'bytes' | 'nothing'; readonly description: string }
  readonly handle: (call: ApiCall, surroundings: ApiSurroundings) => Promise<ApiAnswer>
}

const format: ApiParameter = {
  name: 'format',
  description: 'The format of the update, v1 by default.',
  schema: { type: 'string', enum: ['v1', 'v2'], default: 'v1' },
}

const positionSchema = {
  type: 'object',
  description: 'A place in the history of a room: everything up to it is durable.',
  required: ['epoch', 'seq'],
  properties: { epoch: { type: 'integer' }, seq: { type: 'integer' } },
} as const

/** Names of rooms in one answer. */
const PAGE_ROOMS_MAX = 1000

export const apiRoutes: readonly ApiRoute[] = [
  {
    method: 'GET',
    path: '/rooms',
    access: 'operator',
    operationId: 'listRooms',
    summary: 'Names of rooms that have content, in the order of their UTF-8 bytes.',
    query: [
      { name: 'after', description: 'Begin after this name: `next` of the page before.', schema: { type: 'string' } },
      {
        name: 'limit',
        description: 'Names in the answer.',
        schema: { type: 'integer', minimum: 1, maximum: PAGE_ROOMS_MAX, default: 100 },
      },
    ],
    answer: {
      kind: 'json',
      description: 'A page; `next` is null on the last one.',
      schema: {
        type: 'object',
        required: ['rooms', 'next'],
        properties: {
          rooms: { type: 'array', items: { type: 'string' } },
          next: { type: ['string', 'null'] },
        },
      },
    },
    handle: listRooms,
  },
  {
    method: 'GET',
    path: '/rooms/{room}',
    access: 'read',
    operationId: 'getRoom',
    summary: 'What the log has of a room, without its content.',
    query: [],
    answer: {
      kind: 'json',
      description: 'Sizes are bytes as they are stored.',
      schema: {
        type: 'object',
        required: ['room', 'position', 'checkpoint', 'tail', 'members'],
        properties: {
          room: { type: 'string' },
          position: positionSchema,
          checkpoint: {
            type: 'object',
            description: 'The merged update that covers everything up to `seq`.',
            required: ['seq', 'bytes'],
            properties: { seq: { type: 'integer' }, bytes: { type: 'integer' } },
          },
          tail: {
            type: 'object',
            description: 'The entries after the checkpoint.',
            required: ['entries', 'bytes'],
            properties: { entries: { type: 'integer' }, bytes: { type: 'integer' } },
          },
          members: { type: 'integer', description: 'Connections that are in the room now.' },
        },
      },
    },
    handle: getRoom,
  },
  {
    method: 'DELETE',
    path: '/rooms/{room}',
    access: 'operator',
    operationId: 'deleteRoom',
    summary:
      'Evicts the members of a room and forgets all that the relay has of it. A client that has the room on its device, and may write, brings it back when it joins again.',
    query: [],
    answer: { kind: 'nothing', description: 'The room is gone from the disk, or was not there.' },
    handle: deleteRoom,
  },
  {
    method: 'GET',
    path: '/rooms/{room}/state-vector',
    access: 'read',
    operationId: 'getStateVector',
    summary: 'The state vector of a room, as Yjs encodes it.',
    query: [],
    answer: { kind: 'bytes', description: 'An encoded state vector.' },
    handle: getStateVector,
  },
  {
    method: 'GET',
    path: '/rooms/{room}/update',
    access: 'read',
    operationId: 'getUpdate',
    summary: 'All of a room as one update, or what a replica with a given state vector lacks.',
    query: [
      format,
      {
        name: 'stateVector',
        description: 'An encoded state vector in base64url: only what it lacks. A longer one goes to `diff`.',
        schema: { type: 'string', contentEncoding: 'base64url' },
      },
    ],
    answer: { kind: 'bytes', description: 'An update.' },
    handle: getUpdate,
  },
  {
    method: 'POST',
    path: '/rooms/{room}/diff',
    access: 'read',
    operationId: 'diffRoom',
    summary: 'What a replica with the state vector in the body lacks. Changes nothing.',
    query: [format],
    body: { description: 'An encoded state vector.', bytesMax: 'stateVectorBytesMax' },
    answer: { kind: 'bytes', description: 'An update.' },
    handle: diffRoom,
  },
  {
    method: 'POST',
    path: '/rooms/{room}/updates',
    access: 'write',
    operationId: 'postUpdate',
    summary:
      'Adds an update to a room, as a client does: it is checked, made durable, and sent to the members. May be repeated: an update adds what it adds once.',
    query: [format],
    body: { description: 'An update.', bytesMax: 'updateBytesMax' },
    answer: {
      kind: 'json',
      description: 'The update is on the disk.',
      schema: { type: 'object', required: ['position'], properties: { position: positionSchema } },
    },
    handle: postUpdate,
  },
  {
    method: 'DELETE',
    path: '/subjects/{subject}/connections',
    access: 'operator',
    operationId: 'expelSubject',
    summary:
      'Closes the connections of a subject. Whoever issues its tokens has to be told first: with a token that is still valid it comes back.',
    query: [],
    answer: {
      kind: 'json',
      description: 'How many connections there were.',
      schema: { type: 'object', required: ['connections'], properties: { connections: { type: 'integer' } } },
    },
    handle: expelSubject,
  },
]

async function expelSubject({ subject }: ApiCall, { relay }: ApiSurroundings): Promise<ApiAnswer> {
  return { kind: 'json', value: { connections: relay.expelSubject(subject) } }
}

async function listRooms({ query }: ApiCall, { log }: ApiSurroundings): Promise<ApiAnswer> {
  const limit = query.get('limit') ?? '100'
  if (!/^\d{1,4}$/.test(limit) || Number(limit) < 1 || Number(limit) > PAGE_ROOMS_MAX) {
    throw invalid('limit', `${limit} is not a number from 1 to ${PAGE_ROOMS_MAX}`)
  }
  const after = query.get('after') ?? undefined
  if (after !== undefined && !isRoomName(after)) throw invalid('after', 'this is not the name of a room')
  const rooms: string[] = []
  let next: string | null = null
  for await (const room of log.rooms(after)) {
    if (rooms.length === Number(limit)) {
      next = rooms.at(-1)!
      break
    }
    rooms.push(room)
  }
  return { kind: 'json', value: { rooms, next } }
}

async function getRoom({ room }: ApiCall, { log, relay }: ApiSurroundings): Promise<ApiAnswer> {
  const { position, checkpointSeq, checkpointBytes, tailEntries, tailBytes } = await log.head(room)
  if (position.seq === 0) throw noSuchRoom(room)
  const checkpoint = { seq: checkpointSeq, bytes: checkpointBytes }
  const tail = { entries: tailEntries, bytes: tailBytes }
  return { kind: 'json', value: { room, position, checkpoint, tail, members: relay.membersOf(room) } }
}

async function deleteRoom({ room }: ApiCall, { relay }: ApiSurroundings): Promise<ApiAnswer> {
  await relay.drop(room)
  return { kind: 'nothing' }
}

async function getStateVector({ room }: ApiCall, surroundings: ApiSurroundings): Promise<ApiAnswer> {
  const { position, updates } = await readRoom(room, surroundings)
  return { kind: 'bytes', bytes: await surroundings.merger.stateVector(updates), position }
}

async function getUpdate(call: ApiCall, surroundings: ApiSurroundings): Promise<ApiAnswer> {
  const given = call.query.get('stateVector')
  if (given === null) return answerUpdate(call, surroundings, undefined)
  if (!/^[\w-]*={0,2}$/.test(given)) throw invalid('stateVector', 'this is not base64url')
  return answerUpdate(call, surroundings, Buffer.from(given, 'base64url'))
}

function diffRoom(call: ApiCall, surroundings: ApiSurroundings): Promise<ApiAnswer> {
  return answerUpdate(call, surroundings, call.body)
}

async function answerUpdate(
  { room, query }: ApiCall,
  surroundings: ApiSurroundings,
  stateVector: Uint8Array | undefined,
): Promise<ApiAnswer> {
  const { merger } = surroundings
  const wanted = formatOf(query)
  if (stateVector !== undefined) assertStateVector(stateVector)
  const { position, updates } = await readRoom(room, surroundings)
  const update = await (stateVector === undefined ? merger.merge(updates) : merger.diff(updates, stateVector))
  return { kind: 'bytes', bytes: wanted === 'v1' ? update : await merger.convert(update, 'v2'), position }
}

async function postUpdate(
  { room, query, body, caller, signal }: ApiCall,
  { relay, merger }: ApiSurroundings,
): Promise<ApiAnswer> {
  const update = formatOf(query) === 'v1' ? body : await merger.convert(body, 'v1')
  const outcome = await relay.push(room, update, caller, signal)
  if (!('code' in outcome)) return { kind: 'json', value: { position: outcome } }
  if (signal.aborted) throw new ApiProblem('timeout', 'whether the update is durable is not known', { retryable: true })
  throw new ApiProblem(outcome.code, outcome.message, { retryable: outcome.retryable })
}

/** Everything that is stored of a room that has something. */
async function readRoom(
  room: string,
  { log }: ApiSurroundings,
): Promise<{ readonly position: Position; readonly updates: readonly Uint8Array[] }> {
  const { position, updates } = await log.read(room, 0)
  if (updates.length === 0) throw noSuchRoom(room)
  return { position, updates }
}

function formatOf(query: URLSearchParams): 'v1' | 'v2' {
  const given = query.get('format') ?? 'v1'
  if (given !== 'v1' && given !== 'v2') throw invalid('format', `${given} is neither v1 nor v2`)
  return given
}

function assertStateVector(stateVector: Uint8Array): void {
  try {
    decodeStateVector(stateVector)
  } catch (cause) {
    if (!(cause instanceof DecodeError)) throw cause
    throw new ApiProblem('malformed-state-vector', cause.message, { cause })
  }
}

function noSuchRoom(room: string): ApiProblem {
  return new ApiProblem('not-found', `nothing is stored in room ${JSON.stringify(room)}`)
}

function invalid(parameter: string, message: string): ApiProblem {
  return new ApiProblem('invalid-parameter', `${parameter}: ${message}`)
}
