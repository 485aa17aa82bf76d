/** One bench's part of the page: ratios, growth, the whole table, and a picture of every row. Pure. */
import { OURS, type Metric, type Samples, type TaskResult } from '../harness/bench.ts'
import { formatSpread, formatValue } from '../harness/format.ts'
import type { BenchReport } from '../harness/run.ts'
import { relativeSpread, summarise } from '../harness/statistics.ts'
import { judge, verdict } from '../harness/target.ts'
import { curvesOf, growthSection } from './growth-section.ts'
import { html, type Html } from './html.ts'
import { legend, looksOf, type Look } from './palette.ts'
import { ratioPlot, valuePlot, type Mark, type RatioRow } from './plots.ts'
import { comparable, ratioTo, rowName, standingsIn } from './standings.ts'
import { ratioText } from './summary-section.ts'

type Looks = ReadonlyMap<string, Look>

export function benchSection(report: BenchReport): Html {
  const { bench, workload, results } = report
  const looks = looksOf(bench, [
    ...new Set(results.flatMap(({ subjects, notRun }) => [...subjects.keys(), ...(notRun?.keys() ?? [])])),
  ])
  const standings = results.flatMap((result) => standingsIn(bench, result))
  const count = (place: 'ahead' | 'level' | 'behind'): number =>
    standings.filter((standing) => standing.place === place).length
  const curves = curvesOf(results, looks)
  const drawn = new Set(curves.map(({ name }) => name))
  // Points of curves have their picture; one point alone makes no curve.
  const rows = results.filter(({ point }) => point === undefined || !drawn.has(point.curve))
  const ratios = ratioRows(rows, looks)
  return html`<section id="${bench.name}">
    <h2>${bench.name}</h2>
    <p><strong>${bench.question}</strong></p>
    <p>
      Beside peers: <span class="behind">behind in ${count('behind')}</span>, level in ${count('level')},
      <span class="ahead">ahead in ${count('ahead')}</span>.
    </p>
    <dl>
      <dt>workload</dt>
      <dd>${workload}</dd>
      <dt>metric</dt>
      <dd>${bench.metric}</dd>
      <dt>ratio</dt>
      <dd>how many times better ours is than ${bench.baseline}</dd>
    </dl>
    ${table(report, looks)}
    ${
      ratios.length > 0 &&
      html`<h3>Ratios to everybody</h3>
        ${legend([...looks.values()].filter(({ subject }) => subject !== OURS))}
        <div class="columns">
          ${halves(ratios).map((half) => html`<figure>${ratioPlot(`${bench.name}, ratios`, half)}</figure>`)}
        </div>`
    }
    ${growthSection(curves)}
    ${
      rows.length > 0 &&
      html`<details>
        <summary>Every row in its own unit (${rows.length})</summary>
        <div class="cards">${rows.map((result) => card(result, looks))}</div>
      </details>`
    }
  </section>`
}

/** Two columns where there are rows for them. */
function halves(rows: readonly RatioRow[]): readonly (readonly RatioRow[])[] {
  if (rows.length < 6) return [rows]
  const half = Math.ceil(rows.length / 2)
  return [rows.slice(0, half), rows.slice(half)]
}

function ratioRows(results: readonly TaskResult[], looks: Looks): RatioRow[] {
  return results.flatMap((result) =>
    comparable(result.metrics).flatMap((metric) => {
      const marks = [...result.subjects.keys()].flatMap((subject): Mark[] => {
        const ratio = subject === OURS ? undefined : ratioTo(result, metric, subject)
        return ratio === undefined ? [] : [{ ...ratio, look: looks.get(subject)! }]
      })
      return marks.length === 0 ? [] : [{ name: rowName({ task: result.task, metric }), marks }]
    }),
  )
}

function table({ bench, results }: BenchReport, looks: Looks): Html {
  const subjects = [...looks.keys()]
  const hasTargets = results.some(({ targets = [] }) => targets.length > 0)
  return html`<div class="scroll" tabindex="0" role="region" aria-label="All of ${bench.name}">
    <table>
      <thead>
        <tr>
          <th class="words">row</th>
          <th class="words">metric</th>
          <th>ratio to ${bench.baseline}</th>
          ${subjects.map((subject) => html`<th>${subject}</th>`)} ${hasTargets && html`<th class="words">target</th>`}
        </tr>
      </thead>
      <tbody>
        ${results.flatMap((result) =>
          result.metrics
            .filter(({ beside }) => beside === undefined)
            .map((metric, index) =>
              tableRow(bench.baseline, result, metric, { subjects, hasTargets, isFirst: index === 0 }),
            ),
        )}
      </tbody>
    </table>
  </div>`
}

interface RowShape {
  readonly subjects: readonly string[]
  readonly hasTargets: boolean
  readonly isFirst: boolean
}

function tableRow(
  baseline: string,
  result: TaskResult,
  metric: Metric,
  { subjects, hasTargets, isFirst }: RowShape,
): Html {
  const ratio = ratioTo(result, metric, baseline)
  const beside = result.metrics.find((other) => other.beside === metric.name)
  const targets = judge(result, metric)
  return html`<tr>
    <th scope="row">${isFirst ? result.task : html`<span class="soft">${result.task}</span>`}</th>
    <td class="words">${metric.name}</td>
    <td>${ratio && ratioText(ratio.median)}</td>
    ${subjects.map(
      (subject) =>
        html`<td${subject === OURS && OURS_CLASS}>${absence(result, subject) ?? cell(result.subjects.get(subject), metric, beside)}</td>`,
    )}
    ${hasTargets && html`<td class="words">${targets.map((judged) => html`<div>${judged.met ? '✓' : html`<span class="behind">✗</span>`} ${verdict(judged, metric)}</div>`)}</td>`}
  </tr>`
}

/** Why a subject was not asked. */
function absence({ notRun }: TaskResult, subject: string): Html | undefined {
  const reason = notRun?.get(subject)
  return reason === undefined ? undefined : html`<span class="absent">${reason}</span>`
}

const OURS_CLASS = html` class="ours"`

/** Fewer rounds than this are said in the cell. */
const ROUNDS_TOLD = 3

function cell(samples: Samples | undefined, metric: Metric, beside: Metric | undefined): Html | undefined {
  const list = samples?.get(metric.name)
  if (list === undefined) return undefined
  const summary = summarise(list)
  const besides = beside && samples?.get(beside.name)
  return html`${formatValue(summary.median, metric.unit)}${formatSpread(relativeSpread(summary))}${
    besides && html`<small>${beside.name} ${formatValue(summarise(besides).median, beside.unit)}</small>`
  }${list.length < ROUNDS_TOLD && metric.unit === 'ms' && html`<small>${list.length === 1 ? 'one round' : 'two rounds'}</small>`}`
}

function card(result: TaskResult, looks: Looks): Html {
  return html`<figure>
    <h4>${result.task}</h4>
    ${result.metrics
      .filter(({ beside }) => beside === undefined)
      .map((metric) => {
        const marks = [...result.subjects].flatMap(([subject, samples]): Mark[] => {
          const list = samples.get(metric.name)
          return list === undefined ? [] : [{ ...summarise(list), look: looks.get(subject)! }]
        })
        return marks.length > 0 && valuePlot(`${result.task}, ${metric.name}`, metric, marks)
      })}${[...(result.notRun ?? [])].map(([subject, reason]) => html`<figcaption class="soft">${subject}: ${reason}</figcaption>`)}
  </figure>`
}
