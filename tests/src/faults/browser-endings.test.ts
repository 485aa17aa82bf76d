/**
 * How pages end, in a real Chromium, with an edit typed in their last moment and no relay to save it. Promised is this, and no more:
 *
 * - what the page has shown as stored is there at the next visit, however the page, or the whole browser, ended;
 * - what it has not shown yet is there, too, if the page was told of its end: reloaded, left, closed.
 *
 * An edit of the last milliseconds before a crash may be lost, and nothing has said otherwise; how often is told on stderr.
 */
import { fileURLToPath } from 'node:url'
import { chromium, type Browser, type BrowserContext } from 'playwright'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chromiumOptions, launchChromium } from '../chromium.fixture.ts'
import { RelayProcess, dataFolder } from '../relay-process.fixture.ts'
import { Account, DemoTab } from './demo-tab.fixture.ts'

const CYCLES = Number(process.env['SYNCLINE_ENDING_CYCLES'] ?? 3)
const demo = fileURLToPath(new URL('../../../demo/dist', import.meta.url))

let relay: RelayProcess
const cleanups: (() => unknown)[] = []

beforeEach(async () => {
  relay = await RelayProcess.start(['--port', '0', '--memory', '--demo', demo])
  cleanups.push(() => relay.kill())
})
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** The page loads; its connections do not open. So the device is all there is. */
async function withoutRelay(context: BrowserContext): Promise<BrowserContext> {
  await context.routeWebSocket('**/sync', (socket) => void socket.close())
  return context
}

async function openBrowser(): Promise<Browser> {
  const browser = await launchChromium()
  cleanups.push(() => browser.close())
  return browser
}

interface Ending {
  readonly name: string
  /** Whether the page is told. */
  readonly orderly: boolean
  /** Types a word, and ends the page. */
  readonly end: (tab: DemoTab) => Promise<unknown>
}

const endings: readonly Ending[] = [
  {
    name: 'reloaded by the page',
    orderly: true,
    end: (tab) => Promise.all([tab.page.waitForEvent('load'), tab.type('reload').catch(() => undefined)]),
  },
  {
    name: 'reloaded by the user',
    orderly: true,
    end: async (tab) => {
      await tab.type()
      await tab.page.reload()
    },
  },
  {
    name: 'left for another page',
    orderly: true,
    end: async (tab) => {
      await Promise.all([tab.page.waitForURL('about:blank'), tab.type('leave').catch(() => undefined)])
      await tab.page.close()
    },
  },
  {
    name: 'left and come back to',
    orderly: true,
    end: async (tab) => {
      await Promise.all([tab.page.waitForURL('about:blank'), tab.type('leave').catch(() => undefined)])
      await tab.page.goBack()
    },
  },
  {
    name: 'closed by the user',
    orderly: true,
    end: async (tab) => {
      const closed = tab.page.waitForEvent('close')
      await tab.type()
      await Promise.all([closed, tab.page.close({ runBeforeUnload: true })])
    },
  },
  {
    name: 'crashed',
    orderly: false,
    end: async (tab) => {
      const devtools = await tab.page.context().newCDPSession(tab.page)
      const crashed = tab.page.waitForEvent('crash')
      await tab.type()
      // It never answers.
      void devtools.send('Page.crash').catch(() => undefined)
      await crashed
      await tab.page.close()
    },
  },
]

test.each(endings)('a page that is $name keeps its word', async ({ name, orderly, end }) => {
  const context = await withoutRelay(await (await openBrowser()).newContext())
  const account = new Account()
  let tab = await DemoTab.open(context, relay.page, account)
  const last: string[] = []
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    await tab.type()
    if (cycle % 2 === 0) await tab.whenStored()
    // One write under way, and one that waits for it.
    await tab.type()
    last.push(account.nextWord())
    await end(tab)
    if (tab.page.isClosed()) tab = await DemoTab.open(context, relay.page, account)
    else await tab.ready()
    const words = new Set(await tab.words())
    expect(
      [...account.stored].filter((word) => !words.has(word)),
      'shown as stored, and lost',
    ).toEqual([])
    if (orderly)
      expect(
        account.typed.filter((word) => !words.has(word)),
        'lost though the page was told',
      ).toEqual([])
  }
  const words = new Set(await tab.words())
  const kept = last.filter((word) => words.has(word)).length
  process.stderr.write(`${name}: ${kept} of ${CYCLES} edits of the last moment kept\n`)
  expect(account.stored.size).toBeGreaterThanOrEqual(CYCLES / 2)
})

test('a browser that is killed keeps what its pages have shown as stored', async () => {
  const profile = await dataFolder()
  cleanups.push(() => profile.remove())
  const account = new Account()
  const open = async (): Promise<readonly [BrowserContext, DemoTab]> => {
    const context = await withoutRelay(await chromium.launchPersistentContext(profile.path, chromiumOptions()))
    cleanups.push(() => context.close().catch(() => undefined))
    return [context, await DemoTab.open(context, relay.page, account)]
  }
  for (let cycle = 0; cycle < Math.max(2, CYCLES / 2); cycle++) {
    const [context, tab] = await open()
    await tab.type()
    await tab.whenStored()
    for (let word = 0; word < 5; word++) await tab.type()
    const devtools = await context.browser()!.newBrowserCDPSession()
    const { processInfo } = (await devtools.send('SystemInfo.getProcessInfo')) as {
      processInfo: readonly { readonly type: string; readonly id: number }[]
    }
    const closed = context.waitForEvent('close')
    // It and all of its children, at once.
    for (const { id } of processInfo) process.kill(id, 'SIGKILL')
    await closed
  }
  const [, tab] = await open()
  const words = new Set(await tab.words())
  expect([...account.stored].filter((word) => !words.has(word))).toEqual([])
  const kept = account.typed.filter((word) => words.has(word)).length
  process.stderr.write(
    `killed: ${kept} of ${account.typed.length} edits kept, ${account.stored.size} shown as stored\n`,
  )
})
