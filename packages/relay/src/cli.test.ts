import { expect, test } from 'vitest'
import { parseCommand } from './cli.ts'

test('without options it serves this machine, on the data of this directory', () => {
  expect(parseCommand([])).toEqual({
    kind: 'serve',
    host: '127.0.0.1',
    port: 4455,
    data: './.syncline',
    demo: undefined,
  })
})

test('options say where to listen and what to keep', () => {
  const { dirname } = import.meta
  expect(parseCommand(['--port', '0', '--host', '::1', '--data', '/var/lib/x', '--demo', dirname])).toEqual({
    kind: 'serve',
    host: '::1',
    port: 0,
    data: '/var/lib/x',
    demo: dirname,
  })
  expect(parseCommand(['--memory'])).toMatchObject({ kind: 'serve', data: undefined })
})

test('help and version win over everything else', () => {
  expect(parseCommand(['--port', 'x', '--help'])).toEqual({ kind: 'help' })
  expect(parseCommand(['-h'])).toEqual({ kind: 'help' })
  expect(parseCommand(['--version'])).toEqual({ kind: 'version' })
})

test.each([
  ['an unknown option', ['--bogus'], '--bogus'],
  ['an argument', ['serve'], 'serve'],
  ['an option without its value', ['--port'], '--port'],
  ['a port that is no number', ['--port', '44x'], '44x'],
  ['a port out of range', ['--port', '65536'], '65536'],
  ['a log in memory and on disk', ['--memory', '--data', 'x'], '--memory'],
  ['an app that is not there', ['--demo', '/nowhere/at/all'], '/nowhere/at/all'],
])('%s is misuse', (_, args, mentioned) => {
  const command = parseCommand(args)
  expect(command).toMatchObject({ kind: 'misuse', message: expect.stringContaining(mentioned) as string })
})
