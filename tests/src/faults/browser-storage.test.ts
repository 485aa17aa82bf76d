/**
 * The device's storage in a real Chromium, taken away or used up under a live page: what the status says stays true, and it heals. (A quota
 * that the browser's tools lower is not asked by its IndexedDB; a disk that is full is.)
 */
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { chromium, type BrowserContext, type CDPSession } from 'playwright'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { chromiumOptions, launchChromium } from '../chromium.fixture.ts'
import { RelayProcess } from '../relay-process.fixture.ts'
import { Account, DemoTab } from './demo-tab.fixture.ts'
import { mountSmallDisk } from './small-disk.fixture.ts'

const demo = fileURLToPath(new URL('../../../demo/dist', import.meta.url))

/** For a fresh profile of Chromium, and a few megabytes more. */
const PROFILE_BYTES = 48 * 1024 * 1024

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

/** What a tab of another device sees at the relay. */
async function peerSees(words: readonly string[]): Promise<void> {
  const peer = await DemoTab.open(await context.browser()!.newContext(), relay.page, new Account())
  await peer.sees(words)
}

async function devtoolsOf(tab: DemoTab): Promise<{ readonly devtools: CDPSession; readonly origin: string }> {
  return { devtools: await context.newCDPSession(tab.page), origin: new URL(tab.page.url()).origin }
}

test('storage that is cleared under a live page: later edits are stored anew, reach the relay, and survive a reload', async () => {
  const account = new Account()
  const tab = await DemoTab.open(context, relay.page, account)
  const { devtools, origin } = await devtoolsOf(tab)
  await tab.live()
  for (let word = 0; word < 5; word++) {
    await tab.type()
    await tab.whenAcked()
  }
  await devtools.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' })
  await tab.type()
  // A wait that meets the clearing is told of it; the status tells when it is over.
  await tab.showsStored()
  await tab.whenAcked()
  expect(await tab.status()).toMatchObject({ latestEdit: 'relay', unstored: 0, unacked: 0, store: 'durable' })
  await peerSees(account.typed)
  await tab.page.reload()
  await tab.ready()
  await tab.sees(account.typed)
})

test('storage that is cleared while the relay is away: what the page still has is stored again, and sent later', async () => {
  const account = new Account()
  const tab = await DemoTab.open(context, relay.page, account)
  const { devtools, origin } = await devtoolsOf(tab)
  await tab.live()
  await tab.type()
  await tab.whenAcked()
  await tab.switchOffline(true)
  await tab.type()
  await tab.whenStored()
  await devtools.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' })
  await tab.type()
  // A wait that meets the clearing is told of it; the status tells when it is over.
  await tab.showsStored()
  expect(await tab.status()).toMatchObject({ latestEdit: 'device' })
  await tab.page.reload()
  await tab.ready()
  expect(await tab.words()).toEqual(account.typed)
  await tab.switchOffline(false)
  await tab.whenAcked()
  await peerSees(account.typed)
})

test('storage that is cleared under two tabs: both notice, whoever made it anew, and edits of both go on', async () => {
  const account = new Account()
  const tabs = [
    await DemoTab.open(context, relay.page, account),
    await DemoTab.open(context, relay.page, account),
  ] as const
  const [owner, follower] = tabs
  const { devtools, origin } = await devtoolsOf(owner)
  for (const tab of tabs) {
    await tab.live()
    await tab.type()
    await tab.whenAcked()
  }
  await devtools.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' })
  for (const tab of [follower, owner, follower]) await tab.type()
  for (const tab of tabs) {
    await tab.showsStored()
    await tab.whenAcked()
    await tab.sees(account.typed)
  }
  await peerSees(account.typed)
  await owner.page.close()
  await follower.page.reload()
  await follower.ready()
  await follower.sees(account.typed)
})

test('a device whose disk is full: edits are shown to be in memory, reach the relay, and are stored when there is room', async (running) => {
  const disk = await mountSmallDisk(running, PROFILE_BYTES)
  cleanups.push(() => disk.remove())
  const profile = await chromium.launchPersistentContext(join(disk.path, 'profile'), chromiumOptions())
  cleanups.push(() => profile.close())
  const account = new Account()
  const tab = await DemoTab.open(profile, relay.page, account)
  await tab.live()
  await tab.type()
  await tab.whenStored()
  disk.fill()
  // The browser has some room of its own at first; what it says is stored, is.
  const failing = async (): Promise<boolean> => (await tab.status()).store !== 'durable'
  while (!(await failing())) await tab.type('stay', 'x'.repeat(50_000))
  expect((await tab.status()).unstored).toBeGreaterThan(0)
  await tab.whenAcked()
  await peerSees(account.typed)
  disk.empty()
  await tab.showsStored()
  await tab.switchOffline(true)
  await tab.type()
  await tab.whenStored()
  await tab.page.reload()
  await tab.ready()
  expect(await tab.words()).toEqual(account.typed)
})
