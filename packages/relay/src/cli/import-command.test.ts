import { expect, test } from 'vitest'
import { parseCommand } from '../cli.ts'

test('an import names its kind, its path and the log', () => {
  expect(parseCommand(['import', 'updates', './dump', '--data', './log'])).toEqual({
    kind: 'import',
    source: 'updates',
    path: './dump',
    data: './log',
    format: 'v1',
    dryRun: false,
  })
  expect(parseCommand(['import', 'updates', 'x', '--data', 'y', '--format', 'v2', '--dry-run'])).toMatchObject({
    format: 'v2',
    dryRun: true,
  })
  expect(parseCommand(['import', '--help'])).toEqual({ kind: 'import-help' })
})

test.each([
  ['no kind', [], 'KIND'],
  ['no path', ['updates'], 'PATH'],
  ['two paths', ['updates', 'a', 'b', '--data', 'x'], 'b'],
  ['an unknown kind', ['mongodb', 'a', '--data', 'x'], 'mongodb'],
  ['a name that every object has', ['toString', 'a', '--data', 'x'], 'toString'],
  ['no log', ['updates', 'a'], '--data'],
  ['an unknown format', ['updates', 'a', '--data', 'x', '--format', 'v3'], 'v3'],
  ['a format for a source that has its own', ['y-leveldb', 'a', '--data', 'x', '--format', 'v2'], 'y-leveldb'],
  ['an unknown option', ['updates', 'a', '--data', 'x', '--bogus'], '--bogus'],
])('%s is misuse', (_, args, mentioned) => {
  expect(parseCommand(['import', ...args])).toMatchObject({
    kind: 'misuse',
    message: expect.stringContaining(mentioned) as string,
  })
})
