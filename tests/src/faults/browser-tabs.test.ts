/** Two tabs of one device in a real Chromium, and the end of the one that holds the connection: closed, crashed, frozen; and the network's. */
import { fileURLToPath } from 'node:url'
import type { BrowserContext } from 'playwright'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { launchChromium } from '../chromium.fixture.ts'
import { RelayProcess } from '../relay-process.fixture.ts'
import { Account, DemoTab } from './demo-tab.fixture.ts'

const demo = fileURLToPath(new URL('../../../demo/dist', import.meta.url))

let relay: RelayProcess
let context: BrowserContext
const cleanups: (() => unknown)[] = []

beforeEach(async () => {
  relay = await RelayProcess.start(['--port', '0', '--memory', '--demo', demo])
  cleanups.push(() => relay.kill())
  const browser = await launchChromium()
  cleanups.push(() => browser.close())
  context = await browser.newContext()
})
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** A tab of another device sees `words` at the relay. */
async function peerSees(words: readonly string[]): Promise<void> {
  const peer = await DemoTab.open(await context.browser()!.newContext(), relay.page, new Account())
  await peer.sees(words)
  await peer.page.close()
}

interface Handover {
  readonly name: string
  /** Ends the owner right after it typed a word. Returns what brings it back, if anything does. */
  readonly end: (owner: DemoTab) => Promise<(() => void) | undefined>
}

interface ProcessInfo {
  readonly type: string
  readonly id: number
  /** Seconds. */
  readonly cpuTime: number
}

async function renderers(tab: DemoTab): Promise<readonly ProcessInfo[]> {
  const devtools = await tab.page.context().browser()!.newBrowserCDPSession()
  const { processInfo } = (await devtools.send('SystemInfo.getProcessInfo')) as {
    processInfo: readonly ProcessInfo[]
  }
  await devtools.detach()
  return processInfo.filter(({ type }) => type === 'renderer')
}

/** The process that a page runs in: the one that is busy when the page is. */
async function rendererOf(tab: DemoTab): Promise<number> {
  const before = new Map((await renderers(tab)).map(({ id, cpuTime }) => [id, cpuTime]))
  await tab.page.evaluate(() => {
    const end = performance.now() + 1_000
    while (performance.now() < end);
  })
  const spent = (await renderers(tab)).map(({ id, cpuTime }) => ({ id, seconds: cpuTime - (before.get(id) ?? 0) }))
  return spent.reduce((most, one) => (one.seconds > most.seconds ? one : most)).id
}

const handovers: readonly Handover[] = [
  {
    name: 'closed',
    end: async (owner) => {
      await owner.page.close({ runBeforeUnload: true })
      return undefined
    },
  },
  {
    name: 'crashed',
    end: async (owner) => {
      const devtools = await owner.page.context().newCDPSession(owner.page)
      const crashed = owner.page.waitForEvent('crash')
      void devtools.send('Page.crash').catch(() => undefined)
      await crashed
      return undefined
    },
  },
  {
    // Its process is: Chromium's own freezing spares pages that hold locks or a socket, and those that its tools look at.
    name: 'frozen',
    end: async (owner) => {
      const renderer = await rendererOf(owner)
      process.kill(renderer, 'SIGSTOP')
      return () => process.kill(renderer, 'SIGCONT')
    },
  },
]

test.each(handovers)(
  'the connection of a tab that is $name goes to the other one, with every edit that was stored',
  async ({ end }) => {
    const account = new Account()
    const owner = await DemoTab.open(context, relay.page, account)
    await owner.live()
    const follower = await DemoTab.open(context, relay.page, account)
    await follower.live()
    expect([await owner.isOwner(), await follower.isOwner()]).toEqual([true, false])
    await owner.type()
    await follower.sees(account.typed)
    await follower.type()
    await owner.sees(account.typed)
    await Promise.all([owner.whenAcked(), follower.whenAcked()])

    await owner.type()
    await owner.whenStored()
    const back = await end(owner)
    await follower.type()
    await follower.page.waitForFunction(() => {
      const { syncline } = window as unknown as { syncline: { sync: { status: { owner: boolean } } } }
      return syncline.sync.status.owner
    })
    await follower.sees(account.typed)
    await follower.whenAcked()
    await peerSees(account.typed)
    expect(await follower.status()).toMatchObject({ latestEdit: 'relay', unstored: 0, unacked: 0, store: 'durable' })

    if (back === undefined) return
    back()
    await owner.sees(account.typed)
    await owner.type()
    await owner.whenAcked()
    await follower.sees(account.typed)
    await peerSees(account.typed)
    expect([await owner.isOwner(), await follower.isOwner()]).toEqual([false, true])
  },
)

test('a page whose network is switched off says what the relay does not have, and sends it when it is back', async () => {
  const account = new Account()
  const tab = await DemoTab.open(context, relay.page, account)
  await tab.live()
  await tab.type()
  await tab.whenAcked()
  // The sockets that are open stay open, as in the browser's tools: only what is new fails.
  await context.setOffline(true)
  await relay.kill()
  await tab.type()
  await tab.whenStored()
  await tab.page.waitForFunction(() => {
    const { syncline } = window as unknown as { syncline: { sync: { status: { connection: { state: string } } } } }
    return syncline.sync.status.connection.state === 'waiting'
  })
  expect(await tab.status()).toMatchObject({ latestEdit: 'device', unacked: 1, sync: 'offline' })
  relay = await RelayProcess.start(['--port', String(relay.port), '--memory', '--demo', demo])
  cleanups.push(() => relay.kill())
  await tab.type()
  expect((await tab.status()).latestEdit).not.toBe('relay')
  await context.setOffline(false)
  await tab.whenAcked()
  // Of the relay that was killed, nothing was left: this one has what the page gave back.
  await peerSees(account.typed)
})
