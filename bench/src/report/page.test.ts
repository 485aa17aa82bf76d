import { parseHTML } from 'linkedom'
import { describe, expect, it } from 'vitest'
import type { Role, TaskResult } from '../harness/bench.ts'
import { result, run, runWith } from '../harness/run.fixture.ts'
import type { Run } from '../harness/run.ts'
import { compare } from './guard.ts'
import { pageOf } from './page.ts'

/** A task in which `yjs` is so many times slower than ours, and a limit twice as fast. */
function raced(task: string, times: number, more: Partial<TaskResult> = {}): TaskResult {
  const samples = (ms: number) => new Map([['time', [ms, ms * 1.1, ms * 0.9]]])
  return {
    task,
    metrics: [{ name: 'time', unit: 'ms', better: 'lower' }],
    subjects: new Map([
      ['syncline', samples(2)],
      ['yjs', samples(2 * times)],
      ['limit', samples(1)],
    ]),
    ...more,
  }
}

const documentOf = (of: Run) => parseHTML(pageOf(of, undefined)).document

describe('the page', () => {
  const page = pageOf(runWith([raced('merge <b>&</b>', 4), raced('encode', 0.25)]), undefined)
  const { document } = parseHTML(page)
  const textOf = (selector: string): string => document.querySelector(selector)?.textContent?.replace(/\s+/g, ' ') ?? ''

  it('needs neither script nor network nor another file', () => {
    expect(document.querySelectorAll('script, link, iframe, img, object')).toHaveLength(0)
    expect(page).not.toMatch(/https?:(?!\/\/www\.w3\.org\/)|@import|url\(/)
  })

  it('says where, when, with which versions and how it was measured', () => {
    expect(textOf('header')).toContain('1970-01-01 00:00 UTC · commit 0123456789ab + changes')
    expect(textOf('header')).toContain('Caution: temporary files are in memory')
    expect(textOf('#how')).toContain('yjs 13.6.33')
    expect(textOf('#how')).toContain('npm run bench -- --quick --seed 42')
  })

  it('says first of all that the run is not whole, and what it has no numbers of', () => {
    const caution = documentOf({ ...run, interrupted: ['relay', 'people'] }).querySelector('.caution')
    expect(caution?.textContent).toBe('Caution: the run is not whole: no numbers of relay, people.')
  })

  it('counts losses before wins, and shows both', () => {
    expect(textOf('.tiles')).toMatch(/1 comparisons where a peer is ahead 0 level 1 where ours is ahead, of 2/)
    expect(textOf('#summary')).toMatch(/Where a peer is ahead.*encode yjs ▼ 0\.25×.*ahead by the most.*yjs ▲ 4\.00×/)
  })

  it('does not count a limit as a peer', () => {
    expect(textOf('#summary')).not.toContain('limit')
  })

  it('shows names as they are written', () => {
    expect(textOf('#merge table')).toContain('merge <b>&</b>')
    expect(page).not.toContain('<b>&</b>')
  })

  it('has for each picture words, and a table that says the same', () => {
    const pictures = [...document.querySelectorAll('figure > svg')]
    expect(pictures.length).toBeGreaterThan(0)
    for (const picture of pictures) {
      expect(picture.getAttribute('role')).toBe('img')
      expect(picture.getAttribute('aria-label')).toMatch(/\w+/)
    }
    expect(textOf('#merge table')).toContain('2.00 ms ±5 %')
  })

  it('draws marks as large as the numbers', () => {
    const widths = [...document.querySelectorAll('#merge .cards figure:first-child rect')].map((bar) =>
      Number(bar.getAttribute('width')),
    )
    // Ours, yjs and the limit: 2, 8 and 1 ms.
    expect(widths[1]! / widths[0]!).toBeCloseTo(4, 5)
    expect(widths[2]! / widths[0]!).toBeCloseTo(0.5, 5)
  })
})

describe('growth curves', () => {
  const point = (value: number) => ({ point: { curve: 'load, by size', axis: 'keystrokes', value } })
  const document = documentOf(runWith([raced('load 1,000', 4, point(1000)), raced('load 64,000', 9, point(64_000))]))

  it('join the tasks of a curve, with the limit dashed and the numbers below', () => {
    const figure = document.querySelector('.curves figure')!
    expect(figure.querySelector('h4')!.textContent).toBe('load, by size: time')
    const lines = [...figure.querySelectorAll('g[aria-label=line]')]
    expect(lines.map((line) => line.querySelectorAll('path').length)).toEqual([1, 2])
    expect(lines[0]!.getAttribute('stroke-dasharray')).toBe('5 4')
    const cells = [...figure.querySelectorAll('tbody tr:last-child > *')].map((cell) => cell.textContent)
    expect(cells).toEqual(['64,000', '2.00 ms', '18.0 ms', '1.00 ms'])
  })

  it('are not drawn of a single point, which is a row like any other', () => {
    const single = documentOf(runWith([raced('load 1,000', 4, point(1000))]))
    expect(single.querySelector('.curves')).toBeNull()
    expect(single.querySelector('.cards h4')!.textContent).toBe('load 1,000')
    expect(document.querySelector('.cards')).toBeNull()
  })
})

describe('what is no ordinary number', () => {
  it('is a page all the same: counts of 0, nobody who was able, no other subject', () => {
    const zero: TaskResult = {
      task: 'a kill',
      metrics: [{ name: 'missing', unit: 'count', better: 'lower' }],
      subjects: new Map([
        ['syncline', new Map([['missing', [0]]])],
        ['yjs', new Map([['missing', [0]]])],
      ]),
    }
    const nobody: TaskResult = {
      ...result,
      task: 'cold start',
      subjects: new Map(),
      notRun: new Map([['yjs', 'no browser']]),
    }
    const page = pageOf(runWith([zero, nobody]), undefined)
    expect(page).not.toMatch(/NaN|Infinity|undefined/)
    expect(page).toContain('no browser')
  })

  it('is told of subjects that are no peers', () => {
    const roles: Record<string, Role> = { yjs: 'yardstick' }
    const [report] = run.reports
    const other = {
      ...run,
      reports: [{ ...report!, bench: { ...report!.bench, roles }, results: [raced('merge', 4)] }],
    }
    expect(documentOf(other).querySelector('.legend')!.textContent).toContain('yjs (yardstick)')
  })
})

describe('a page with a comparison', () => {
  it('says what became worse before anything else about it', () => {
    const before = runWith([raced('merge', 4), raced('gone', 4)])
    const now = runWith([raced('merge', 2)])
    const section = parseHTML(pageOf(now, compare([before], now))).document.querySelector('#guard')!
    expect(section.textContent.replace(/\s+/g, ' ')).toMatch(
      /1 worse beyond noise 0 better.*merge time yjs 4\.00× 2\.00× 2\.00× worse.*gone merge\/gone: time/,
    )
  })
})
