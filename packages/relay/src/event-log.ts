/**
 * The events of a relay as structured logs, by `pino`: a line of JSON each, with a level, the time, and the event's own
 * fields. Nothing that a client sends as a secret is part of an event; what an error of somebody else's code repeats
 * of a token is taken out here.
 */
import { pino, type DestinationStream } from 'pino'
import type { RelayEvent, RelayEventListener } from './relay-event.ts'

export const logLevels = ['debug', 'info', 'warn', 'error', 'silent'] as const

/** Events below it are not written; `silent` writes none. */
export type LogLevel = (typeof logLevels)[number]

export interface EventLogOptions {
  /** `info` by default. */
  readonly level?: LogLevel
  /** Where lines go: stderr by default, written at once, so that none is lost when the process ends. */
  readonly destination?: DestinationStream
}

/** How much each event matters to an operator. */
const levels: Readonly<Record<RelayEvent['type'], Exclude<LogLevel, 'silent'>>> = {
  'opening-log': 'info',
  listening: 'info',
  draining: 'info',
  closed: 'info',
  'log-failed': 'error',
  compacted: 'debug',
  'merger-failed': 'error',
  'log-conflict': 'warn',
  'authorize-failed': 'error',
  'connection-ended': 'info',
  'socket-failed': 'info',
  'internal-error': 'error',
}

/** A listener that writes events as lines of JSON. */
export function eventLog({
  level = 'info',
  destination = pino.destination({ fd: 2, sync: true }),
}: EventLogOptions = {}): RelayEventListener {
  const logger = pino(
    {
      level,
      // Neither pid nor host: whoever gathers the lines of many relays knows where they come from.
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    destination,
  )
  return (event) => {
    const eventLevel = levels[event.type]
    if (logger.isLevelEnabled(eventLevel)) logger[eventLevel](describeEvent(event))
  }
}

/** Errors as `{ name, code, message, cause }`, with the stack if the event is a bug of the relay. */
function describeEvent(event: RelayEvent): Record<string, unknown> {
  if (!('error' in event)) return { ...event }
  return { ...event, error: describeError(event.error, event.type === 'internal-error') }
}

function describeError(error: unknown, withStack: boolean, depth = 0): unknown {
  if (!(error instanceof Error)) return withoutTokens(String(error))
  const code: unknown = 'code' in error ? error.code : undefined
  return {
    name: error.name,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    message: withoutTokens(error.message),
    ...(withStack ? { stack: withoutTokens(error.stack ?? '') } : {}),
    ...(error.cause === undefined || depth >= CAUSES_MAX
      ? {}
      : { cause: describeError(error.cause, withStack, depth + 1) }),
  }
}

/** Errors of errors that are told: a chain may be circular. */
const CAUSES_MAX = 5

/** A JSON web token, and what stands for a token in a URL or a header. */
const TOKENS = /\beyJ[\w-]+\.[\w-]*(?:\.[\w-]*){0,3}|(?<=\btoken=|\bbearer )[^\s&"'#]+/gi

function withoutTokens(text: string): string {
  return text.replace(TOKENS, '(token)')
}
