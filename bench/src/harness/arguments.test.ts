import { describe, expect, it } from 'vitest'
import { UsageError, commandOf, parseArguments, selects } from './arguments.ts'

describe('parseArguments', () => {
  it('asks for everything by default', () => {
    expect(parseArguments([])).toEqual({
      help: false,
      quick: false,
      full: false,
      profile: false,
      json: undefined,
      tables: [],
      report: undefined,
      against: [],
      from: undefined,
      only: [],
      subjects: [],
      rounds: undefined,
      seed: undefined,
    })
  })

  it('reads every option', () => {
    const argv = [
      '--quick',
      '--profile',
      '--json',
      'out.json',
      '--subject',
      'syncline',
      '--tables',
      'README.md',
      '--tables=bench/README.md',
      '--against',
      'before.json',
      '--report',
      'out',
      '--only',
      'merge',
      '--only=relay',
      '--rounds',
      '3',
      '--seed',
      '4294967295',
    ]
    expect(parseArguments(argv)).toMatchObject({
      quick: true,
      full: false,
      profile: true,
      json: 'out.json',
      tables: ['README.md', 'bench/README.md'],
      against: ['before.json'],
      report: 'out',
      subjects: ['syncline'],
      only: ['merge', 'relay'],
      rounds: 3,
      seed: 4_294_967_295,
    })
  })

  it.each([
    ['--rounds', '0'],
    ['--rounds', '1.5'],
    ['--seed', '-1'],
    ['--seed', '4294967296'],
    ['--fast'],
    ['extra'],
    ['--json='],
    ['--tables='],
    ['--report='],
    ['--against='],
    ['--report', 'folder', '--no-report'],
    ['--from', 'results.json', '--quick'],
    ['--from', 'results.json', '--only', 'merge'],
  ])('refuses %s %s', (...argv) => {
    expect(() => parseArguments(argv)).toThrow(UsageError)
  })
})

describe('where results go', () => {
  it('is decided apart from what is measured', () => {
    expect(parseArguments(['--no-report']).report).toBe(false)
    expect(parseArguments(['--from', 'results.json', '--tables', 'README.md'])).toMatchObject({ from: 'results.json' })
  })
})

describe('commandOf', () => {
  it('measures the same again, wherever the results went', () => {
    const wanted = parseArguments(['--quick', '--only', 'merge/diff near', '--json', 'a.json', '--against', 'b.json'])
    expect(commandOf(wanted, 7)).toBe('npm run bench -- --quick --only "merge/diff near" --seed 7')
    expect(parseArguments(['--quick', '--only', 'merge/diff near', '--seed', '7'])).toMatchObject({ seed: 7 })
  })
})

describe('selects', () => {
  it('lets everything run when nothing was named', () => {
    expect(selects([], 'merge', 'diff near the tip')).toBe(true)
  })

  it('lets a named bench run with all its tasks, and no other bench', () => {
    expect(selects(['merge'], 'merge')).toBe(true)
    expect(selects(['merge'], 'merge', 'diff near the tip')).toBe(true)
    expect(selects(['merge'], 'relay')).toBe(false)
  })

  it('lets tasks run by the start of their name', () => {
    expect(selects(['merge/diff'], 'merge')).toBe(true)
    expect(selects(['merge/diff'], 'merge', 'diff near the tip')).toBe(true)
    expect(selects(['merge/diff'], 'merge', 'merge 1,000 keystrokes')).toBe(false)
  })
})
