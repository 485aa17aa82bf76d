/**
 * What each subject looks like, the same in all plots of a bench: a colour of a palette that the colour-blind can tell apart (after Okabe and Ito) and, for
 * whom that is not enough, a symbol. Ours is always the filled blue disc, a limit always grey and dashed.
 */
import type * as Plot from '@observablehq/plot'
import { OURS, roleOf, type Bench, type Role } from '../harness/bench.ts'
import { draw } from './drawing.ts'
import { html, type Html } from './html.ts'
import { dot } from '@observablehq/plot'

export interface Look {
  readonly subject: string
  readonly role: Role
  /** A colour of the style sheet. */
  readonly colour: string
  readonly symbol: Plot.SymbolType
}

const PEER_COLOURS = 6
const symbols = ['square', 'triangle', 'diamond', 'star', 'wye', 'cross'] as const

/** By the names of the subjects. Past six peers, colours come again with other symbols. */
export function looksOf(bench: Pick<Bench, 'roles'>, subjects: Iterable<string>): ReadonlyMap<string, Look> {
  const looks = new Map<string, Look>()
  let nth = 0
  for (const subject of subjects) {
    if (looks.has(subject)) continue
    const role = roleOf(bench, subject)
    if (subject === OURS) {
      looks.set(subject, { subject, role, colour: 'var(--ours)', symbol: 'circle' })
    } else if (role === 'limit' || role === 'yardstick') {
      looks.set(subject, { subject, role, colour: 'var(--limit)', symbol: role === 'limit' ? 'asterisk' : 'times' })
    } else {
      const colour = `var(--peer-${(nth % PEER_COLOURS) + 1})`
      const symbol = symbols[(nth + Math.floor(nth / PEER_COLOURS)) % symbols.length]!
      looks.set(subject, { subject, role, colour, symbol })
      nth++
    }
  }
  return looks
}

/** What the marks of a plot mean. */
export function legend(looks: Iterable<Look>): Html {
  return html`<ul class="legend">
    ${[...looks].map((look) => html`<li>${swatch(look)} ${look.subject}${roleNote(look)}</li>`)}
  </ul>`
}

function roleNote({ subject, role }: Look): Html | undefined {
  if (role === 'limit' && subject !== 'limit') return html` <small>(limit)</small>`
  if (role === 'yardstick') return html` <small>(yardstick)</small>`
  return undefined
}

function swatch({ subject, colour, symbol }: Look): Html {
  const size = 14
  return draw(subject, {
    width: size,
    height: size,
    margin: 0,
    axis: null,
    x: { domain: [-1, 1] },
    y: { domain: [-1, 1] },
    marks: [
      dot([[0, 0]], { symbol, stroke: colour, fill: isFilled(symbol) ? colour : 'none', r: 4, strokeWidth: 1.5 }),
    ],
  })
}

/** Symbols that are strokes have no inside. */
export function isFilled(symbol: Plot.SymbolType): boolean {
  return symbol !== 'asterisk' && symbol !== 'times'
}
