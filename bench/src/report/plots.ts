/**
 * The three pictures of the report. *Ratios*: one line a row, one mark a subject, right of 1 where ours is better. *Values*: bars from 0, or, where they
 * differ by more than bars can show, marks on a logarithmic axis, which has no 0 to draw a bar from. *Growth*: lines over what grows, with the limit.
 * Each shows half of the rounds, from quartile to quartile, as a thin line.
 */
import * as Plot from '@observablehq/plot'
import type { Metric, Unit } from '../harness/bench.ts'
import { formatRatio, formatValue } from '../harness/format.ts'
import type { Summary } from '../harness/statistics.ts'
import { draw } from './drawing.ts'
import type { Html } from './html.ts'
import { isFilled, type Look } from './palette.ts'

/** A subject's place in a plot. */
export interface Mark extends Summary {
  readonly look: Look
}

export interface RatioRow {
  readonly name: string
  readonly marks: readonly Mark[]
}

const WIDTH = 420
const RATIO_ROW_HEIGHT = 36

/** How many times better ours is than each subject, row by row, on a logarithmic axis. */
export function ratioPlot(title: string, rows: readonly RatioRow[]): Html {
  const marks = rows.flatMap(({ name, marks: list }) => list.map((mark) => ({ ...mark, name })))
  const [least, most] = extent(marks.flatMap(({ median }) => [median, 1 / 2, 2]))
  const domain = [least / 1.2, most * 1.2]
  return draw(`${title}: how many times better ours is than each subject, row by row. The table has the numbers.`, {
    width: WIDTH,
    height: rows.length * RATIO_ROW_HEIGHT + 56,
    marginLeft: 8,
    marginRight: 12,
    marginTop: 36,
    marginBottom: 20,
    x: { type: 'log', domain, label: null, axis: 'top', tickFormat: ratioTick, ticks: 5, grid: true },
    y: { type: 'band', domain: rows.map(({ name }) => name), axis: null, padding: 0 },
    marks: [
      Plot.rect([{ x1: domain[0], x2: 1 }], { x1: 'x1', x2: 'x2', fill: 'var(--behind-area)' }),
      Plot.axisX({ anchor: 'bottom', ticks: [], label: null }),
      Plot.text(['◀ the other is ahead'], {
        x: domain[0],
        frameAnchor: 'bottom',
        dy: 16,
        textAnchor: 'start',
      } as object),
      Plot.text(['ours is ahead ▶'], { frameAnchor: 'bottom-right', dy: 16, textAnchor: 'end' }),
      Plot.ruleX([1], { stroke: 'currentColor', strokeWidth: 1.5 }),
      Plot.text(rows, { y: 'name', text: 'name', frameAnchor: 'left', textAnchor: 'start', dy: -9, dx: 4, ...halo }),
      ...spreads(marks, { y: 'name', dy: 7 }),
      ...symbols(marks, { x: 'median', y: 'name', dy: 7 }),
    ],
  })
}

/** Beyond this factor between the largest and the smallest, short bars cannot be told from none. */
const BARS_MAX = 25

/** A metric of every subject of a task. */
export function valuePlot(title: string, metric: Metric, marks: readonly Mark[]): Html {
  const names = marks.map(({ look }) => look.subject)
  const [least, most] = extent(marks.flatMap(({ median, low, high }) => [median, low, high]))
  const [leastMedian, mostMedian] = extent(marks.map(({ median }) => median))
  const isLog = least > 0 && mostMedian / leastMedian > BARS_MAX
  const domain = isLog ? [least / 1.5, most * 1.2] : [0, most <= 0 ? 1 : most]
  // What is below noise has no bar, but is told.
  const shown = (value: number): number => Math.max(0, value)
  const rows = marks.map((mark) => ({
    ...mark,
    median: shown(mark.median),
    low: shown(mark.low),
    high: shown(mark.high),
    name: mark.look.subject,
    told: formatValue(mark.median, metric.unit),
  }))
  const better = metric.better === 'none' ? '' : `, ${metric.better} is better`
  return draw(`${title}: ${rows.map(({ name, told }) => `${name} ${told}`).join(', ')}.`, {
    width: 340,
    height: marks.length * 22 + 44,
    marginLeft: 108,
    marginRight: 76,
    marginTop: 6,
    marginBottom: 36,
    x: {
      type: isLog ? 'log' : 'linear',
      domain,
      label: `${metric.name}${better}${isLog ? ', logarithmic' : ''}`,
      labelAnchor: 'left',
      labelArrow: 'none',
      ticks: isLog ? ticksOf(domain, 3) : 2,
      tickFormat: (value: number) => roundValue(value, metric.unit),
      grid: isLog,
    },
    y: { domain: names, label: null, tickSize: 0 },
    marks: [
      ...(isLog
        ? symbols(rows, { x: 'median', y: 'name' })
        : [Plot.barX(rows, { x: 'median', y: 'name', fill: colourOf, insetTop: 3, insetBottom: 3 }), Plot.ruleX([0])]),
      ...spreads(rows, { y: 'name' }),
      Plot.text(rows, { x: isLog ? 'median' : 'high', y: 'name', text: 'told', textAnchor: 'start', dx: 8, ...halo }),
    ],
  })
}

export interface CurvePoint extends Mark {
  /** Where on the axis. */
  readonly at: number
}

/** From this factor between its ends, an axis is logarithmic. */
const LOG_FROM = 8

/** A metric over what grows, one line a subject. */
export function growthPlot(title: string, axis: string, metric: Metric, points: readonly CurvePoint[]): Html {
  const lines = points.filter(({ look }) => look.role !== 'limit')
  const limits = points.filter(({ look }) => look.role === 'limit')
  const values = points.flatMap(({ median, low, high }) => [median, low, high])
  const costs = scale(values)
  const places = [...new Set(points.map(({ at }) => at))]
  const line = { x: 'at', y: 'median', z: nameOf, stroke: colourOf, strokeWidth: 1.75 }
  return draw(`${title}: ${metric.name} of each subject over ${axis}. The table below has the numbers.`, {
    width: WIDTH,
    height: 320,
    marginLeft: 64,
    marginRight: 16,
    marginTop: 28,
    marginBottom: 44,
    x: { ...scale(points.map(({ at }) => at)), axis: null },
    y: {
      ...costs,
      label: metric.name,
      ticks: costs.type === 'log' ? ticksOf(extent(values), 6) : 5,
      tickFormat: (value: number) => roundValue(value, metric.unit),
      grid: true,
    },
    marks: [
      // With texts of its own: the scale would leave out those that are no powers of ten.
      Plot.axisX(places, {
        text: places.map((place) => compact.format(place)),
        label: axis,
        labelAnchor: 'center',
        labelOffset: 38,
      } as object),
      Plot.gridX(places),
      Plot.line(limits, { ...line, strokeDasharray: '5 4' }),
      Plot.line(lines, line),
      Plot.ruleX(points, { x: 'at', y1: 'low', y2: 'high', stroke: colourOf, strokeWidth: 1 }),
      ...symbols(points, { x: 'at', y: 'median' }),
    ],
  })
}

/** American, because British writes a million as `1m`. */
const compact = new Intl.NumberFormat('en-US', { notation: 'compact' })

/** Text that crosses lines stays readable. */
const halo = { stroke: 'var(--page)', strokeWidth: 4, fill: 'currentColor', paintOrder: 'stroke' } as const

const colourOf = ({ look }: Mark): string => look.colour
const nameOf = ({ look }: Mark): string => look.subject

function spreads(items: readonly Mark[], options: object): Plot.Markish[] {
  return [Plot.ruleY(items, { x1: 'low', x2: 'high', stroke: colourOf, strokeWidth: 1.25, ...options })]
}

/** Ours last: nothing covers it. A mark for each kind of symbol, since filled ones are drawn otherwise. */
function symbols(items: readonly Mark[], options: object): Plot.Markish[] {
  const inOrder = [...items].reverse()
  const symbol = ({ look }: Mark): Plot.SymbolType => look.symbol
  const filled = inOrder.filter(({ look }) => isFilled(look.symbol))
  const hollow = inOrder.filter(({ look }) => !isFilled(look.symbol))
  return [
    Plot.dot(hollow, { symbol, stroke: colourOf, r: 4, strokeWidth: 1.5, ...options }),
    Plot.dot(filled, { symbol, fill: colourOf, stroke: 'var(--page)', strokeWidth: 0.75, r: 5, ...options }),
  ]
}

function ratioTick(value: number): string {
  return value < 1 ? `${Number(value.toPrecision(2))}×` : formatRatio(value).replace(/\.0+×$/, '×')
}

/** Ticks of a logarithmic axis, at most so many: powers of ten, and where it is too short for two of them, ones, twos and fives. */
function ticksOf(domain: readonly number[], most: number): number[] {
  const [first, last] = [Math.floor(Math.log10(domain[0]!)), Math.ceil(Math.log10(domain[1]!))]
  const powers = Array.from({ length: last - first + 1 }, (_, nth) => 10 ** (first + nth))
  const isInside = (value: number): boolean => value >= domain[0]! && value <= domain[1]!
  const inside = powers.filter(isInside)
  const ticks = inside.length > 1 ? inside : powers.flatMap((power) => [power, 2 * power, 5 * power]).filter(isInside)
  const every = Math.ceil(ticks.length / most)
  return ticks.filter((_, index) => index % every === 0)
}

/** A value on an axis, short: `10 ms`, `20 kB`, `1.5M/s`. */
function roundValue(value: number, unit: Unit): string {
  if (value === 0) return '0'
  if (unit === 'per second') return `${compact.format(value)}/s`
  if (unit === 'bytes' && value >= 1000 && value < 1e6) return `${Number((value / 1000).toPrecision(3))} kB`
  return formatValue(value, unit).replace(/\.0+(?=\D)/, '')
}

function scale(values: readonly number[]): Plot.ScaleOptions {
  const [least, most] = extent(values)
  return least > 0 && most / least >= LOG_FROM ? { type: 'log' } : { type: 'linear', zero: true, nice: true }
}

function extent(values: readonly number[]): [least: number, most: number] {
  return [Math.min(...values), Math.max(...values)]
}
