import { expect, test } from 'vitest'
import { LogError } from './errors.ts'
import { eventLog, type LogLevel } from './event-log.ts'
import type { RelayEvent } from './relay-event.ts'

/** The lines that `events` come to. */
function written(events: readonly RelayEvent[], level?: LogLevel): Record<string, unknown>[] {
  const lines: string[] = []
  const listener = eventLog({
    ...(level === undefined ? {} : { level }),
    destination: { write: (line) => void lines.push(line) },
  })
  for (const event of events) listener(event)
  for (const line of lines) expect(line.indexOf('\n')).toBe(line.length - 1)
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('an event is one line of JSON with its level and its time', () => {
  const [line] = written([{ type: 'listening', url: 'ws://127.0.0.1:1' }])
  expect(line).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
    type: 'listening',
    url: 'ws://127.0.0.1:1',
  })
})

test('an error is told by its name, code, message and cause', () => {
  const error = new LogError('full', 'no space\nleft', { cause: new RangeError('map') })
  expect(written([{ type: 'log-failed', operation: 'append', room: 'a\nb', error }])).toEqual([
    {
      level: 'error',
      time: expect.any(String) as string,
      type: 'log-failed',
      operation: 'append',
      room: 'a\nb',
      error: {
        name: 'LogError',
        code: 'full',
        message: 'no space\nleft',
        cause: { name: 'RangeError', message: 'map' },
      },
    },
  ])
})

test('a bug is told with its stack, and whatever was thrown is told somehow', () => {
  const error = new Error('broken invariant')
  const circular = new Error('a', { cause: error })
  error.cause = circular
  const lines = written([
    { type: 'internal-error', where: 'room', error },
    { type: 'internal-error', where: 'room', error: 'text' },
    { type: 'internal-error', where: 'room', error: undefined },
  ])
  expect(lines.map((line) => line['error'])).toEqual([
    expect.objectContaining({ stack: error.stack }),
    'text',
    'undefined',
  ])
})

test('events below the level are not written', () => {
  const events: RelayEvent[] = [
    { type: 'compacted', room: 'a', entries: 1, mergedBytes: 3, bytes: 2 },
    { type: 'draining' },
    { type: 'internal-error', where: 'room', error: new Error('x') },
  ]
  const types = (level?: LogLevel): unknown[] => written(events, level).map(({ type }) => type)
  expect(types('debug')).toEqual(['compacted', 'draining', 'internal-error'])
  expect(types()).toEqual(['draining', 'internal-error'])
  expect(types('error')).toEqual(['internal-error'])
  expect(types('silent')).toEqual([])
})

test('a token that an error repeats is not written', () => {
  const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl'
  const error = new Error(`GET /y/room?token=hunter2&x=1 with Bearer s3cret and ${token}: refused`, {
    cause: `"${token}"`,
  })
  const text = JSON.stringify(written([{ type: 'authorize-failed', room: 'a', error }]))
  expect(text).not.toMatch(/hunter2|s3cret|c2lnbmF0dXJl|eyJzdWIi/)
  expect(text).toContain('refused')
})
