/** How long until a visitor reads what their device has, in a browser, with nothing from the network but the page itself? */
import { LIMIT, OURS, check, type Bench, type BenchContext, type Metric } from '../harness/bench.ts'
import { within } from '../harness/deadline.ts'
import { measure } from '../harness/measure.ts'
import { Fleet } from '../relay/servers/fleet.ts'
import { contenders } from '../relay/servers/contenders.ts'
import { documentOf } from '../workloads/keystrokes.ts'
import { chromiumPath, launchChromium } from './chromium.ts'
import { bundlePage } from './page-bundle.ts'
import { PageServer } from './page-server.ts'
import { DOCUMENT_PATH, BRING, RELAY_PATH, TEXT_PATH, type Visit } from './pages/visit.ts'
import type { BrowserContext } from 'playwright'

const OURS_OWN = 'syncline, own Doc'
const Y_INDEXEDDB = 'y-indexeddb'

const VISITS = { quick: 1, normal: 4, full: 15 } as const
const VISIT_TIMEOUT_MS = 60_000

interface PageOf {
  readonly subject: string
  /** The module below `pages`, and the page's address. */
  readonly page: string
  readonly address: string
  readonly alias: Readonly<Record<string, string>>
}

const pages: readonly PageOf[] = [
  { subject: OURS, page: 'syncline-page', address: 'syncline', alias: {} },
  { subject: OURS_OWN, page: 'syncline-page', address: 'syncline-own', alias: { yjs: '@syncline/core/yjs' } },
  { subject: Y_INDEXEDDB, page: 'y-indexeddb-page', address: 'y-indexeddb', alias: {} },
  { subject: LIMIT, page: 'limit-page', address: 'limit', alias: {} },
]

const metrics: readonly Metric[] = [
  { name: 'readable', unit: 'ms', better: 'lower' },
  { name: 'since script', unit: 'ms', better: 'lower' },
  { name: 'script', unit: 'bytes', better: 'lower' },
]

export const coldStart: Bench = {
  name: 'cold-start',
  question: 'How long until a visitor reads what their device has?',
  workload: ({ trace }) =>
    `Chromium, a page in a tab of its own for each visit, its script from loopback, never cached; the document of the ${trace.name} was brought to IndexedDB by an ` +
    'earlier visit, and acknowledged where there is a relay, and everybody is offline. syncline: the client, with documents of Yjs; own Doc: with documents of its core, and without Yjs; ' +
    'y-indexeddb: with documents of Yjs; limit: the text as a string, read by idb-keyval',
  metric:
    'readable: from the beginning of the visit until the text is a string; since script: from when the script begins to run; script: minified. Every text is ' +
    'compared with what the trace says. Median ± half the interquartile range over interleaved visits',
  baseline: Y_INDEXEDDB,
  roles: { [OURS_OWN]: 'ours' },
  async *run(context) {
    const task = `${context.trace.edits.length.toLocaleString('en-GB')} keystrokes`
    if (!context.selects(task)) return
    context.progress.step(`cold-start · ${task}`)
    const path = await chromiumPath()
    if (path === undefined) {
      const notRun = new Map(pages.map(({ subject }) => [subject, 'no Chromium here']))
      yield { task, metrics, subjects: new Map(), notRun }
      return
    }
    yield await visitAll(context, task, path)
  },
}

async function visitAll(context: BenchContext, task: string, chromium: string): ReturnType<typeof measure> {
  const { trace, scale, fullCounts } = context
  const scripts = new Map(
    await Promise.all(
      pages.map(async ({ page, address, alias }): Promise<[address: string, script: string]> => [
        address,
        await bundlePage(new URL(`pages/${page}.js`, import.meta.url), alias),
      ]),
    ),
  )
  await using fleet = await Fleet.open(undefined)
  const relay = await fleet.shared(contenders[0]!)
  const files = new Map<string, string | Uint8Array>([
    [DOCUMENT_PATH, documentOf(trace.edits)],
    [TEXT_PATH, trace.endContent],
    [RELAY_PATH, `${relay.url}/sync`],
  ])
  await using server = await PageServer.open(scripts, files)
  const browser = await launchChromium(chromium)
  try {
    const runners = []
    for (const { subject, address } of pages) {
      // A device of its own.
      const device = await browser.newContext()
      const url = `${server.origin}/${address}`
      await visit(device, url + BRING)
      runners.push({
        subject,
        round: async (): Promise<Record<string, number>> => {
          const { startedMs, readableMs, text } = await visit(device, url)
          check(text === trace.endContent, `${subject}: the page shows another text than what the device was given`)
          return {
            readable: readableMs,
            'since script': readableMs - startedMs,
            script: Buffer.byteLength(scripts.get(address)!),
          }
        },
      })
    }
    const visits = scale === 'quick' ? VISITS.quick : fullCounts ? VISITS.full : VISITS.normal
    return await measure(task, metrics, runners, context.rounds ?? visits, context)
  } finally {
    await browser.close()
  }
}

/** A tab that is opened, waited for and closed. */
async function visit(device: BrowserContext, url: string): Promise<Visit> {
  const page = await device.newPage()
  try {
    const failed = new Promise<never>((_, reject) => {
      page.on('pageerror', reject)
    })
    failed.catch(() => {})
    await page.goto(url)
    const visited = page.evaluate(() => (globalThis as unknown as { readonly visit: Promise<Visit> }).visit)
    return await within(Promise.race([visited, failed]), VISIT_TIMEOUT_MS, 'a visit of a page')
  } finally {
    await page.close()
  }
}
