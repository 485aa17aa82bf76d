import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseCommand } from './cli.ts'
import { describeConfig } from './cli/serve-command.ts'
import type { Environment, RelayConfig } from './config/config.ts'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'syncline-config-'))
})

afterEach(() => rm(directory, { recursive: true }))

function configOf(args: readonly string[], environment?: Environment): RelayConfig {
  const command = parseCommand(args, environment)
  if (command.kind !== 'serve' && command.kind !== 'print-config') throw new Error(JSON.stringify(command))
  return command.config
}

function misuseOf(args: readonly string[], environment?: Environment): string {
  const command = parseCommand(args, environment)
  if (command.kind !== 'misuse') throw new Error(`${command.kind} is no misuse`)
  return command.message
}

async function configFile(content: unknown): Promise<string> {
  const path = join(directory, 'relay.json')
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

test('without options it serves this machine, on the data of this directory', () => {
  expect(parseCommand([]).kind).toBe('serve')
  expect(configOf([])).toMatchObject({
    host: '127.0.0.1',
    port: 4455,
    data: './.syncline',
    memory: false,
    demo: undefined,
    keepHistory: false,
    logLevel: 'info',
    limits: {},
  })
})

test('options say where to listen and what to keep', () => {
  const { dirname } = import.meta
  expect(
    configOf(['--port', '0', '--host', '::1', '--data', '/var/lib/x', '--demo', dirname, '--log-level=warn']),
  ).toMatchObject({ host: '::1', port: 0, data: '/var/lib/x', memory: false, demo: dirname, logLevel: 'warn' })
  expect(configOf(['--memory'])).toMatchObject({ memory: true })
  expect(configOf(['--keep-history'])).toMatchObject({ keepHistory: true })
  expect(configOf(['--memory', '--no-memory'])).toMatchObject({ memory: false })
})

test('help and version win over everything else', () => {
  expect(parseCommand(['--port', 'x', '--help'])).toEqual({ kind: 'help' })
  expect(parseCommand(['-h'], { SYNCLINE_PORT: 'x' })).toEqual({ kind: 'help' })
  expect(parseCommand(['--version'])).toEqual({ kind: 'version' })
})

test.each([
  ['an unknown option', ['--bogus'], '--bogus'],
  ['an argument', ['serve'], 'serve'],
  ['an option without its value', ['--port'], '--port'],
  ['an empty value', ['--data', ''], '--data'],
  ['a port that is no number', ['--port', '44x'], '44x'],
  ['a port out of range', ['--port', '65536'], '65536'],
  ['a level that is none', ['--log-level', 'loud'], 'loud'],
  ['a log in memory and on disk', ['--memory', '--data', 'x'], '--memory'],
  ['an app that is not there', ['--demo', '/nowhere/at/all'], '/nowhere/at/all'],
  ['a limit that is none', ['--limit', 'bogusMax=1'], 'bogusMax'],
  ['a limit that every object has', ['--limit', 'toString=1'], 'toString'],
  ['a limit without its value', ['--limit', 'tickMs'], 'NAME=VALUE'],
  ['a limit of nothing', ['--limit', 'tickMs=0'], 'tickMs=0'],
  ['a configuration that is not there', ['--config', '/nowhere/at.all'], '/nowhere/at.all'],
])('%s is misuse', (_, args, mentioned) => {
  expect(misuseOf(args)).toContain(mentioned)
})

test('flags win over the environment, and that over the file', async () => {
  const file = await configFile({
    port: 1,
    host: 'a',
    logLevel: 'error',
    limits: { tickMs: 1, connectionsMax: 1, roomsOpenMax: 1 },
  })
  const environment = {
    SYNCLINE_CONFIG: file,
    SYNCLINE_PORT: '2',
    SYNCLINE_HOST: 'b',
    SYNCLINE_LIMIT_CONNECTIONS_MAX: '2',
    SYNCLINE_LIMIT_TICK_MS: '2',
  }
  const config = configOf(['--port', '3', '--limit', 'tickMs=3'], environment)
  expect(config).toMatchObject({
    port: 3,
    host: 'b',
    logLevel: 'error',
    limits: { tickMs: 3, connectionsMax: 2, roomsOpenMax: 1 },
  })
  expect(Object.fromEntries(config.places)).toMatchObject({
    port: '--port',
    host: 'SYNCLINE_HOST',
    logLevel: `logLevel in ${file}`,
    data: 'default',
    'limits.tickMs': '--limit tickMs=3',
    'limits.connectionsMax': 'SYNCLINE_LIMIT_CONNECTIONS_MAX',
    'limits.roomsOpenMax': `limits.roomsOpenMax in ${file}`,
  })
})

test('the log that was asked for in the place that counts more is the one that is opened', async () => {
  const file = await configFile({ memory: true })
  expect(configOf(['--memory'], { SYNCLINE_DATA: '/data' }).memory).toBe(true)
  expect(configOf(['--data', 'x'], { SYNCLINE_MEMORY: 'true' }).memory).toBe(false)
  expect(configOf(['--config', file], { SYNCLINE_DATA: '/data' }).memory).toBe(false)
  expect(misuseOf([], { SYNCLINE_DATA: '/data', SYNCLINE_MEMORY: '1' })).toContain('SYNCLINE_MEMORY and SYNCLINE_DATA')
})

test('an empty variable is none, and variables of others are nobody’s business', () => {
  expect(configOf([], { SYNCLINE_PORT: '', SYNCLINE_CONFIG: '', SYNCLINE_OTHER: 'x', PORT: '1' }).port).toBe(4455)
})

test.each([
  ['a variable', { SYNCLINE_PORT: 'http' }, 'SYNCLINE_PORT: "http" is not an integer (0 … 65535)'],
  ['a switch', { SYNCLINE_MEMORY: 'yes' }, 'SYNCLINE_MEMORY: "yes" is not true or false'],
  ['a limit', { SYNCLINE_LIMIT_TICK_MS: '-1' }, 'SYNCLINE_LIMIT_TICK_MS: "-1" is not a positive integer'],
  ['an unknown limit', { SYNCLINE_LIMIT_TICKS: '1' }, 'SYNCLINE_LIMIT_TICKS: there is no such limit'],
])('a bad value is reported where it stands: %s', (_, environment, message) => {
  expect(misuseOf([], environment)).toContain(message)
})

test.each([
  ['another type', { port: [1] }, 'port in FILE: [1] is not an integer'],
  ['an unknown key', { prot: 1 }, 'prot in FILE: there is no such setting'],
  ['an unknown limit', { limits: { tick: 1 } }, 'limits.tick in FILE: there is no such limit'],
  ['a limit that is no number', { limits: { tickMs: 1.5 } }, 'limits.tickMs in FILE: 1.5 is not a positive integer'],
  ['limits that are none', { limits: 5 }, 'limits in FILE is not an object'],
  ['no object', [], 'FILE does not hold a JSON object'],
  ['no JSON', '{', 'FILE is not JSON'],
])('a bad file is reported with its key: %s', async (_, content, message) => {
  const file = await configFile(content)
  expect(misuseOf(['--config', file])).toContain(message.replace('FILE', file))
})

test('a secret is no flag, is not shown, and is not repeated when it is wrong', async () => {
  expect(misuseOf(['--operator-token', 'hunter2'])).toContain('--operator-token')
  const config = configOf([], { SYNCLINE_OPERATOR_TOKEN: 'hunter2' })
  expect(config.operatorToken).toBe('hunter2')
  expect(describeConfig(config)).not.toContain('hunter2')
  const file = await configFile({ operatorToken: ['hunter2'] })
  expect(misuseOf(['--config', file])).toMatch(/^operatorToken in .*: this is not a text$/)
})

test('the configuration can be printed, with the place of each value', () => {
  const command = parseCommand(['--print-config', '--limit', 'tickMs=5'], { SYNCLINE_PORT: '7' })
  expect(command.kind).toBe('print-config')
  expect(JSON.parse(describeConfig(configOf(['--limit', 'tickMs=5'], { SYNCLINE_PORT: '7' })))).toMatchObject({
    port: { value: 7, from: 'SYNCLINE_PORT' },
    host: { value: '127.0.0.1', from: 'default' },
    demo: { value: null, from: 'default' },
    limits: { tickMs: { value: 5, from: '--limit tickMs=5' } },
  })
})

test('proxies are addresses and subnets, from every place', async () => {
  const proxies = ['127.0.0.1', '10.0.0.0/8', '::1']
  expect(configOf([]).trustedProxies).toBeUndefined()
  expect(configOf(['--trusted-proxies', '127.0.0.1, 10.0.0.0/8,::1']).trustedProxies).toEqual(proxies)
  expect(configOf([], { SYNCLINE_TRUSTED_PROXIES: '::1' }).trustedProxies).toEqual(['::1'])
  const path = await configFile({ trustedProxies: proxies })
  expect(configOf(['--config', path]).trustedProxies).toEqual(proxies)
  for (const wrong of ['proxy', '10.0.0.0/33', '', '127.0.0.1,']) {
    expect(misuseOf(['--trusted-proxies', wrong])).toContain('--trusted-proxies')
  }
  expect(misuseOf(['--config', await configFile({ trustedProxies: [1] })])).toContain('trustedProxies in')
})
