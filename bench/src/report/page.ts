/** The report as one HTML page: no script, no network, nothing beside it. Pure. */
import { cautions, commitName, scaleName, type Run } from '../harness/run.ts'
import { benchSection } from './bench-section.ts'
import { guardSection } from './guard-section.ts'
import type { Comparison } from './guard.ts'
import { Html, html } from './html.ts'
import { style } from './style.ts'
import { summarySection } from './summary-section.ts'

/** The page's text. `comparison` is with an earlier run, where one was asked for. */
export function pageOf(run: Run, comparison: Comparison | undefined): string {
  const title = 'Syncline: the bench'
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${raw(style)}
        </style>
      </head>
      <body>
        <header>
          <h1>How fast is Syncline, beside what people use today?</h1>
          <p>Every peer in the same run; no number before every replica was checked; what we lose stays in.</p>
          <p class="soft">
            ${run.startedAt.toISOString().slice(0, 16).replace('T', ' ')} UTC · commit ${commitName(run)} ·
            ${run.environment.cpu}, ${run.environment.cores} cores · Node ${run.environment.node} · ${scaleName(run)}
            run of ${durationText(run.elapsedMs)}
          </p>
          ${cautions(run).map((caution) => html`<p class="caution">Caution: ${caution}.</p>`)}
          ${scaleName(run) === 'quick' && html`<p class="caution">Caution: a quick run does small work a few times. It shows that everything works, not how fast it is.</p>`}
          <nav aria-label="Benches">
            <ul>
              <li><a href="#summary">summary</a></li>
              ${comparison && html`<li><a href="#guard">since before</a></li>`}${run.reports.map(
                ({ bench }) => html`<li><a href="#${bench.name}">${bench.name}</a></li>`,
              )}
              <li><a href="#how">how to read</a></li>
            </ul>
          </nav>
        </header>
        <main>
          ${summarySection(run)} ${comparison && guardSection(comparison)} ${run.reports.map(benchSection)}
          ${howToRead(run)}
        </main>
      </body>
    </html> `.text
}

function howToRead(run: Run): Html {
  const { environment: on } = run
  const versions = Object.entries(on.versions).flatMap(([name, version]) =>
    version === undefined ? [] : [`${name} ${version}`],
  )
  return html`<section id="how">
    <h2>How to read this</h2>
    <p>
      A number is the median over rounds. Rounds are interleaved: each asks every subject once, in an order that
      rotates, after a warm-up. ± is half the distance between the quartiles, as a share of the median; thin lines in
      plots reach from quartile to quartile. <em>CPU</em>, small below a time, is user and system time of all threads of
      the process.
    </p>
    <p>
      A ratio compares round with round: above 1, ours is better. <em>Ahead</em> and <em>behind</em> mean that three
      quarters of the rounds say so and that the median is more than 2 % away (10 % where fewer than three rounds were
      timed); the rest is <em>level</em>. A <em>limit</em> is about the least that the work can take, and a
      <em>yardstick</em> promises less than we do: neither is counted as a peer. Compare ratios of two runs, not times.
    </p>
    <p>Where bars would be too short to see, the axis is logarithmic and has marks in place of bars.</p>
    <dl>
      <dt>machine</dt>
      <dd>
        ${on.cpu}, ${on.cores} cores, ${Math.round(on.memoryBytes / 2 ** 30)} GiB, ${on.system}; ${on.load.toFixed(1)}
        cores busy before
      </dd>
      <dt>runtime</dt>
      <dd>Node ${on.node} (V8 ${on.v8})</dd>
      <dt>versions</dt>
      <dd>${versions.join(', ')}</dd>
      <dt>seed</dt>
      <dd>${run.seed}</dd>
      <dt>the same again</dt>
      <dd><code>${run.command}</code></dd>
      <dt>every sample</dt>
      <dd><a href="results.json">results.json</a>, beside this page</dd>
    </dl>
  </section>`
}

function durationText(elapsedMs: number): string {
  const seconds = Math.round(elapsedMs / 1000)
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}

/** Our own style sheet is no text of a page. */
function raw(text: string): Html {
  return new Html(text)
}
