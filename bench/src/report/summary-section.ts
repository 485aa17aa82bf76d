/** The top of the page: how often ours is ahead, level and behind, the headlines, and the losses as large as the wins. Pure. */
import { formatRatio, formatValue } from '../harness/format.ts'
import type { Run } from '../harness/run.ts'
import { verdict } from '../harness/target.ts'
import { headlinesOf, type Headline } from './headlines.ts'
import { html, type Html } from './html.ts'
import { listed, rowName, standingsOf, targetsOf, type JudgedRow, type Listed, type Standing } from './standings.ts'

/** Of wins at least so many are shown, and as many as there are losses. */
const WINS_MIN = 10

export function summarySection(run: Run): Html {
  const standings = standingsOf(run)
  const of = (place: Standing['place']): Standing[] => standings.filter((standing) => standing.place === place)
  const [behind, ahead] = [of('behind'), of('ahead')]
  const losses = listed(behind)
  const targets = targetsOf(run)
  const missed = targets.filter(({ judged }) => !judged.met)
  return html`<section id="summary">
    <h2>Summary</h2>
    <ul class="tiles">
      <li><b class="behind">${behind.length}</b> comparisons where a peer is ahead</li>
      <li><b>${of('level').length}</b> level</li>
      <li><b class="ahead">${ahead.length}</b> where ours is ahead, of ${standings.length}</li>
      ${
        targets.length > 0 &&
        html`<li><b class="behind">${missed.length}</b> targets missed</li>
          <li><b class="ahead">${targets.length - missed.length}</b> targets met, of ${targets.length}</li>`
      }
    </ul>
    ${headlineTable(headlinesOf(run))}
    <div class="columns">
      <div>
        <h3>Where a peer is ahead</h3>
        ${standingsTable(losses, losses.length)}
      </div>
      <div>
        <h3>Where ours is ahead by the most</h3>
        ${standingsTable(listed(ahead), Math.max(losses.length, WINS_MIN))}
      </div>
    </div>
    ${
      missed.length > 0 &&
      html`<h3>Targets that are missed</h3>
        ${targetTable(missed)}`
    }
  </section>`
}

function headlineTable(headlines: readonly Headline[]): Html | undefined {
  if (headlines.length === 0) return undefined
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Headlines">
    <table>
      <thead>
        <tr>
          <th class="words">what</th>
          <th>ratio</th>
          <th>syncline</th>
          <th class="words">beside</th>
          <th class="words">nearest other peer</th>
        </tr>
      </thead>
      <tbody>
        ${headlines.map(
          ({ what, bench, metric, against, ours, theirs, ratio, nearest }) =>
            html`<tr>
              <th scope="row"><a href="#${bench}">${what}</a></th>
              <td>${ratioText(ratio.median)}</td>
              <td class="ours">${formatValue(ours, metric.unit)}</td>
              <td class="words">${against} ${formatValue(theirs, metric.unit)}</td>
              <td class="words">${nearest && html`${nearest.peer} ${ratioText(nearest.ratio)}`}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

function standingsTable(rows: readonly Listed[], most: number): Html {
  if (rows.length === 0) return html`<p>None.</p>`
  const rest = rows.length - most
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Comparisons">
      <table>
        <thead>
          <tr>
            <th class="words">row</th>
            <th class="words">peer</th>
            <th>ratio</th>
          </tr>
        </thead>
        <tbody>
          ${rows.slice(0, most).map(
            ({ standing, points }) =>
              html`<tr>
                <th scope="row">
                  <a href="#${standing.bench}">${standing.bench}</a>
                  ${rowName(standing)}${points > 1 && html` <small>and ${points - 1} more of the curve</small>`}
                </th>
                <td class="words">${standing.peer}</td>
                <td>${ratioText(standing.ratio.median)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    ${rest > 0 && html`<p class="soft">And ${rest} more, in the tables below.</p>`}`
}

function targetTable(rows: readonly JudgedRow[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Targets">
    <table>
      <thead>
        <tr>
          <th class="words">row</th>
          <th class="words">metric</th>
          <th class="words">target</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          ({ bench, task, metric, judged }) =>
            html`<tr>
              <th scope="row"><a href="#${bench}">${bench}</a> ${task}</th>
              <td class="words">${metric.name}</td>
              <td class="words">${verdict(judged, metric)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

/** A ratio with a sign beside its colour. */
export function ratioText(ratio: number): Html {
  const text = formatRatio(ratio)
  if (ratio >= 1.02) return html`<span class="ahead">▲ ${text}</span>`
  return ratio <= 1 / 1.02 ? html`<span class="behind">▼ ${text}</span>` : html`<span>${text}</span>`
}
