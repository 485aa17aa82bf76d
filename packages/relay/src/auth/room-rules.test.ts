import fc from 'fast-check'
import { expect, test } from 'vitest'
import { matchesRoomPattern, parseRoomPattern } from './room-pattern.ts'
import { ROOM_RULES_MAX, RoomRules } from './room-rules.ts'

function rules(claim: unknown): RoomRules {
  const parsed = RoomRules.parse(claim)
  if (typeof parsed === 'string') throw new Error(parsed)
  return parsed
}

function matches(pattern: string, room: string): boolean {
  return matchesRoomPattern(parseRoomPattern(pattern)!, room.split('/'))
}

test.each([
  ['team/notes', ['team/notes'], ['team', 'team/notes/', 'team/note', 'xteam/notes']],
  ['team/*', ['team/a', 'team/', 'team/a b'], ['team', 'team/a/b', 'teams/a', 'x/team/a']],
  ['*', ['a', 'team'], ['a/b']],
  ['draft-*', ['draft-', 'draft-1'], ['draft', 'draft-1/a']],
  ['a*a', ['aa', 'aba'], ['a', 'ab']],
  ['*/docs/*-v1', ['x/docs/a-v1'], ['x/docs/a-v2', 'x/y/docs/a-v1']],
  ['team/**', ['team/a', 'team/a/b/c', 'team//'], ['team', 'tea/m']],
  ['**', ['a', 'a/b', '/'], []],
  ['**/public', ['a/public', 'a/b/public'], ['public', 'a/public/b']],
  ['a/**/z', ['a/b/z', 'a/b/c/z'], ['a/z', 'a/b/y']],
  ['a/*/**/z*', ['a/b/c/z1'], ['a/b/z1', 'a/b/c/y']],
])('%s', (pattern, open, closed) => {
  expect(open.filter((room) => !matches(pattern, room))).toEqual([])
  expect(closed.filter((room) => matches(pattern, room))).toEqual([])
})

test.each(['', 'a**', '**a', 'a/**/b/**', '*a*', '***', 'a\u0000', 'x'.repeat(513)])(
  'what is no pattern is refused: %j',
  (text) => {
    expect(parseRoomPattern(text)).toBeUndefined()
    expect(RoomRules.parse({ [text]: 'read' })).toBeTypeOf('string')
  },
)

test('equality counts before patterns, then the more specific, then the lesser access', () => {
  const parsed = rules({
    '**': 'read',
    'team/**': 'write',
    'team/*': 'read',
    'team/notes': 'write',
    'x*y': 'write',
    'xa*': 'read',
    'b*d': 'write',
    'bc*': 'read',
    '*cd': 'write',
  })
  expect(parsed.access('elsewhere')).toBe('read')
  expect(parsed.access('team/a/b')).toBe('write')
  expect(parsed.access('team/a')).toBe('read')
  expect(parsed.access('team/notes')).toBe('write')
  expect(parsed.access('xay')).toBe('read')
  expect(parsed.access('bcd')).toBe('read')
})

test('a room whose name holds stars is named by itself', () => {
  expect(rules({ 'a*': 'write', '*': 'read' }).access('a*')).toBe('write')
  expect(rules({ 'a*': 'read' }).access('a/b')).toBe('none')
})

test('a room that nothing names is not open, whatever objects inherit', () => {
  const parsed = rules({ a: 'read' })
  for (const room of ['b', '__proto__', 'constructor', 'toString']) expect(parsed.access(room)).toBe('none')
  expect(rules(JSON.parse('{ "__proto__": "read" }')).access('__proto__')).toBe('read')
  expect(rules({}).access('a')).toBe('none')
})

test.each([null, undefined, 'a', 7, ['a'], { a: 'admin' }, { a: true }, { a: { write: true } }, { a: 'none' }])(
  'a claim that is no object of rules is refused: %j',
  (claim) => {
    expect(RoomRules.parse(claim)).toBeTypeOf('string')
  },
)

test('rules are bounded', () => {
  const many = (count: number): object => Object.fromEntries(Array.from({ length: count }, (_, n) => [`r${n}`, 'read']))
  expect(rules(many(ROOM_RULES_MAX)).access('r0')).toBe('read')
  expect(RoomRules.parse(many(ROOM_RULES_MAX + 1))).toContain('allowed')
})

test('a pattern matches what its regular expression does', () => {
  const segment = fc.constantFrom('', 'a', 'b', 'ab', '*', 'a*', '*b', 'a*b', '**')
  const pattern = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => parts.join('/'))
  const room = fc.array(fc.constantFrom('', 'a', 'b', 'ab', 'aab', 'abb'), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(pattern, room, (text, segments) => {
      const parsed = parseRoomPattern(text)
      fc.pre(parsed !== undefined)
      const source = text.split('/').map((part) => (part === '**' ? '[^/]*(?:/[^/]*)*' : part.replace('*', '[^/]*')))
      expect(matchesRoomPattern(parsed, segments)).toBe(new RegExp(`^${source.join('/')}$`).test(segments.join('/')))
    }),
    { numRuns: 2000 },
  )
})
