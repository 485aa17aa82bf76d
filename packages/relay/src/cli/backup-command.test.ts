import { expect, test } from 'vitest'
import { parseCommand } from '../cli.ts'

test('a backup names the log and its copy', () => {
  expect(parseCommand(['backup', '--data', 'a', '--to', 'b'])).toEqual({ kind: 'backup', data: 'a', to: 'b' })
  expect(parseCommand(['backup', '--help'])).toEqual({ kind: 'backup-help' })
})

test.each([
  ['no copy', ['--data', 'a'], '--to'],
  ['no log', ['--to', 'a'], '--data'],
  ['an argument', ['a', '--data', 'a', '--to', 'b'], 'a'],
  ['an unknown option', ['--bogus'], '--bogus'],
])('%s is misuse', (_, args, mentioned) => {
  expect(parseCommand(['backup', ...args])).toMatchObject({
    kind: 'misuse',
    message: expect.stringContaining(mentioned) as string,
  })
})
