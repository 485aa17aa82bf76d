/** The growth curves of a bench: cost against what grows, with the limit drawn in, and the numbers below. Pure. */
import type { Metric, TaskResult } from '../harness/bench.ts'
import { formatValue, grouped } from '../harness/format.ts'
import { summarise } from '../harness/statistics.ts'
import { html, type Html } from './html.ts'
import { legend, type Look } from './palette.ts'
import { growthPlot, type CurvePoint } from './plots.ts'

type Looks = ReadonlyMap<string, Look>

export interface Curve {
  readonly name: string
  readonly axis: string
  readonly metric: Metric
  readonly points: readonly CurvePoint[]
}

/** Nothing, where there are no curves. */
export function growthSection(curves: readonly Curve[]): Html | false {
  return (
    curves.length > 0 &&
    html`<h3>Growth</h3>
      <div class="curves">${curves.map(curveFigure)}</div>`
  )
}

/** A curve for each metric of the tasks that name it; a metric of one point is none. */
export function curvesOf(results: readonly TaskResult[], looks: Looks): Curve[] {
  const names = new Set(results.flatMap(({ point }) => (point === undefined ? [] : [point.curve])))
  return [...names].flatMap((name) => {
    const tasks = results.filter(({ point }) => point?.curve === name)
    const metrics = new Map(
      tasks.flatMap((task) =>
        task.metrics.filter(({ beside }) => beside === undefined).map((metric) => [metric.name, metric]),
      ),
    )
    return [...metrics.values()].flatMap((metric) => {
      const points = tasks.flatMap((task) => pointsOf(task, metric, looks)).sort((a, b) => a.at - b.at)
      const isCurve = new Set(points.map(({ at }) => at)).size > 1
      return isCurve ? [{ name, axis: tasks[0]!.point!.axis, metric, points }] : []
    })
  })
}

function pointsOf({ point, subjects }: TaskResult, metric: Metric, looks: Looks): CurvePoint[] {
  return [...subjects].flatMap(([subject, samples]) => {
    const list = samples.get(metric.name)
    return list === undefined ? [] : [{ ...summarise(list), look: looks.get(subject)!, at: point!.value }]
  })
}

function curveFigure({ name, axis, metric, points }: Curve): Html {
  const looks = [...new Set(points.map(({ look }) => look))]
  const values = [...new Set(points.map(({ at }) => at))]
  const told = (look: Look, at: number): string => {
    const point = points.find((candidate) => candidate.look === look && candidate.at === at)
    return point === undefined ? '' : formatValue(point.median, metric.unit)
  }
  return html`<figure>
    <h4>${name}: ${metric.name}</h4>
    ${legend(looks)}${growthPlot(name, axis, metric, points)}
    <div class="scroll" tabindex="0" role="region" aria-label="Numbers of ${name}">
      <table>
        <thead>
          <tr>
            <th>${axis}</th>
            ${looks.map(({ subject }) => html`<th>${subject}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${values.map(
            (at) =>
              html`<tr>
                <th>${grouped(at)}</th>
                ${looks.map((look) => html`<td>${told(look, at)}</td>`)}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </figure>`
}
