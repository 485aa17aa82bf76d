import { expect, test } from 'vitest'
import { LogError } from './errors.ts'
import { formatEvent } from './relay-event.ts'

const time = new Date(0)

test('an event is one line of JSON with its time', () => {
  expect(formatEvent({ type: 'listening', url: 'ws://127.0.0.1:1' }, time)).toBe(
    '{"time":"1970-01-01T00:00:00.000Z","type":"listening","url":"ws://127.0.0.1:1"}',
  )
})

test('an error is told by its name, code, message and cause', () => {
  const error = new LogError('full', 'no space\nleft', { cause: new RangeError('map') })
  const line = formatEvent({ type: 'log-failed', operation: 'append', room: 'a\nb', error }, time)
  expect(line).not.toContain('\n')
  expect(JSON.parse(line)).toMatchObject({
    operation: 'append',
    room: 'a\nb',
    error: { name: 'LogError', code: 'full', message: 'no space\nleft', cause: { name: 'RangeError', message: 'map' } },
  })
})

test('a bug is told with its stack, and whatever was thrown is told somehow', () => {
  const error = new Error('broken invariant')
  expect(JSON.parse(formatEvent({ type: 'internal-error', where: 'room', error }, time))).toMatchObject({
    error: { stack: error.stack },
  })
  expect(JSON.parse(formatEvent({ type: 'internal-error', where: 'room', error: 'text' }, time))).toMatchObject({
    error: 'text',
  })
})
