/** What changed since an earlier run, as a part of the page. Pure. */
import { commitName } from '../harness/run.ts'
import { changeText, sideText } from './guard-table.ts'
import type { Change, Comparison } from './guard.ts'
import { html, type Html } from './html.ts'

export function guardSection({ before, changes, added, gone, warnings }: Comparison): Html {
  const of = (verdict: Change['verdict']): Change[] => changes.filter((change) => change.verdict === verdict)
  const [worse, better] = [of('worse'), of('better').reverse()]
  return html`<section id="guard">
    <h2>Since ${before.length === 1 ? 'the run' : 'the runs'} at ${listOf(before.map(commitName))}</h2>
    <p>
      Ours as a multiple of the baseline of the same run, then and now;
      ${listOf(before.map(({ startedAt }) => startedAt.toISOString().slice(0, 10)))}.
    </p>
    ${warnings.map((warning) => html`<p class="caution">Caution: ${warning}.</p>`)}
    <ul class="tiles">
      <li><b class="behind">${worse.length}</b> worse beyond noise</li>
      <li><b class="ahead">${better.length}</b> better beyond noise</li>
      <li><b>${of('same').length}</b> the same within noise</li>
      <li><b>${of('disturbed').length}</b> disturbed by other work</li>
      <li><b>${of('unjudged').length}</b> with too few rounds to tell</li>
    </ul>
    ${worse.length + better.length > 0 && table([...worse, ...better])} ${list('New rows', added)}
    ${list('Rows that are gone', gone)}
  </section>`
}

/** Each once. */
function listOf(words: readonly string[]): string {
  return [...new Set(words)].join(', ')
}

function table(changes: readonly Change[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Changes">
    <table>
      <thead>
        <tr>
          <th class="words">row</th>
          <th class="words">metric</th>
          <th class="words">ratio to</th>
          <th>before</th>
          <th>now</th>
          <th>change</th>
          <th>99 % of it</th>
          <th class="words"></th>
        </tr>
      </thead>
      <tbody>
        ${changes.map(
          (change) =>
            html`<tr>
              <th scope="row"><a href="#${change.bench}">${change.bench}</a> ${change.task}</th>
              <td class="words">${change.metric.name}</td>
              <td class="words">${change.against}</td>
              <td>${sideText(change, change.before)}</td>
              <td>${sideText(change, change.now)}</td>
              <td>${changeText(change)}</td>
              <td>${changeText({ times: change.low })} … ${changeText({ times: change.high })}</td>
              <td class="words">
                <span class="${change.verdict === 'worse' ? 'behind' : 'ahead'}"
                  >${change.verdict === 'worse' ? '▼' : '▲'} ${change.verdict}</span
                >
              </td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

function list(title: string, rows: readonly string[]): Html | false {
  return (
    rows.length > 0 &&
    html`<h3>${title}</h3>
      <ul>
        ${rows.map((row) => html`<li>${row}</li>`)}
      </ul>`
  )
}
