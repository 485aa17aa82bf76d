/**
 * The whole of Syncline as people meet it: the demo in a real Chromium, served by the real relay as a process, over wires that can be cut.
 * Needs the packages and the demo built, which `npm test` does first; on the core's documents, demo-on-core.setup.ts builds another.
 */
import { fileURLToPath } from 'node:url'
import { openLmdbLog } from '@syncline/relay'
import type { Browser, BrowserContext, Page } from 'playwright'
import type { Room } from 'syncline'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import * as Y from 'yjs'
import { launchChromium } from './chromium.fixture.ts'
import { RelayProcess, dataFolder } from './relay-process.fixture.ts'
import { Wire } from './wire.fixture.ts'

const demo = inject('demoOnCore') ?? fileURLToPath(new URL('../../demo/dist', import.meta.url))
const ROOM = 'tests/story'

/** What the demo offers in the console, and what a test puts beside it. */
interface DemoWindow {
  readonly syncline: { readonly room: Room }
  /** The longest text that the page's status has called durable at the relay. */
  acknowledged: string
}

let browser: Browser
let relay: RelayProcess
let data: { readonly path: string; remove(): Promise<void> }
const cleanups: (() => Promise<unknown>)[] = []

beforeEach(async () => {
  data = await dataFolder()
  cleanups.push(() => data.remove())
  relay = await startRelay(0)
  cleanups.push(() => relay.kill())
  browser = await launchChromium()
  cleanups.push(() => browser.close())
})

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

function startRelay(port: number): Promise<RelayProcess> {
  return RelayProcess.start(['--port', String(port), '--data', data.path, '--demo', demo])
}

/** One person: a browser profile of their own, on a wire of their own. */
class Person {
  readonly page: Page
  readonly wire: Wire

  private constructor(page: Page, wire: Wire) {
    this.page = page
    this.wire = wire
  }

  static async arrive(context?: BrowserContext, wire?: Wire): Promise<Person> {
    const itsWire = wire ?? new Wire(() => relay.port)
    if (wire === undefined) {
      await itsWire.mend()
      cleanups.push(() => itsWire.cut())
    }
    const page = await (context ?? (await browser.newContext())).newPage()
    page.on('pageerror', (error) => process.stderr.write(`page: ${error.stack ?? error.message}\n`))
    const person = new Person(page, itsWire)
    await page.goto(`http://localhost:${itsWire.port}/#${ROOM}`)
    await person.#atDesk()
    return person
  }

  /** Loads the page anew: the tab forgets everything that is not on the device. */
  async reload(): Promise<void> {
    await this.page.reload()
    await this.#atDesk()
  }

  async #atDesk(): Promise<void> {
    await this.page.locator('[data-testid=document][aria-busy=false]').waitFor()
    await this.page.evaluate(() => {
      const demoWindow = window as unknown as DemoWindow
      demoWindow.acknowledged = ''
      const { room } = demoWindow.syncline
      room.subscribe(() => {
        const { unacked, latestEdit } = room.status
        if (unacked === 0 && latestEdit === 'relay') demoWindow.acknowledged = room.doc.getText('body').toJSON()
      })
    })
  }

  /** The service worker has everything that the page needs without a network. */
  async installed(): Promise<void> {
    await this.page.evaluate(async () => {
      await navigator.serviceWorker.ready
    })
  }

  async type(text: string): Promise<void> {
    await this.page.getByTestId('editor').pressSequentially(text)
  }

  text(): Promise<string> {
    return this.page.evaluate(() => (window as unknown as DemoWindow).syncline.room.doc.getText('body').toJSON())
  }

  /** What this page has shown as acknowledged so far. */
  acknowledged(): Promise<string> {
    return this.page.evaluate(() => (window as unknown as DemoWindow).acknowledged)
  }

  async sees(text: string): Promise<void> {
    await this.page.waitForFunction(
      (wanted) => (window as unknown as DemoWindow).syncline.room.doc.getText('body').toJSON().includes(wanted),
      text,
    )
  }

  async showsStep(place: 'memory' | 'device' | 'relay', state: string): Promise<void> {
    await this.page.locator(`[data-testid=step-${place}][data-state=${state}]`).waitFor()
  }

  async showsPending(count: number): Promise<void> {
    await this.page.locator(`[data-testid=pending][data-count="${count}"]`).waitFor({ state: 'attached' })
  }

  async showsConnection(state: string): Promise<void> {
    await this.page.locator(`[data-testid=connection][data-state=${state}]`).waitFor()
  }
}

/** The text in the log that a dead relay left behind. */
async function textInLog(): Promise<string> {
  const log = await openLmdbLog({ directory: data.path })
  const doc = new Y.Doc()
  for (const update of (await log.read(ROOM, 0)).updates) Y.applyUpdate(doc, update)
  await log.close()
  return doc.getText('body').toJSON()
}

/** Whether the words of `part` stand in `whole` in this order, whatever others wrote between them. */
function containsInOrder(whole: string, part: string): boolean {
  let from = 0
  for (const word of part.split(/\s+/)) {
    const at = whole.indexOf(word, from)
    if (at === -1) return false
    from = at + word.length
  }
  return true
}

test('the documents are those that the demo was built for', async () => {
  const { page } = await Person.arrive()
  const own = await page.evaluate(() => 'applyUpdate' in (window as unknown as DemoWindow).syncline.room.doc)
  expect(own ? 'core' : 'yjs').toBe(inject('documents') ?? 'yjs')
})

test('two people type; one goes offline and reloads; the relay is killed while they write: nothing is lost and both converge', async () => {
  const ada = await Person.arrive()
  await ada.type('Ada: \nBen: ')
  await ada.page.getByTestId('editor').press('Control+Home')
  await ada.page.getByTestId('editor').press('End')
  const ben = await Person.arrive()
  await ben.sees('Ben: ')
  await ben.page.getByTestId('editor').press('Control+End')

  // Both at once, online.
  await Promise.all([ada.type('one two '), ben.type('eins zwei ')])
  await Promise.all([ada.sees('eins zwei'), ben.sees('one two')])
  await ada.showsStep('relay', 'reached')
  await ben.showsStep('relay', 'reached')
  await expect(ada.page.getByTestId('peer').count()).resolves.toBe(1)
  await ben.installed()

  // Ben goes offline, keeps typing, and reloads without a network: the page and all of its text come from the device.
  await ben.wire.cut()
  await ben.showsConnection('waiting')
  await ben.type('drei vier ')
  await ada.type('three four ')
  await ben.showsStep('device', 'reached')
  const offline = await ben.text()
  await ben.reload()
  expect(await ben.text()).toBe(offline)
  expect(offline).toContain('eins zwei drei vier')
  expect(offline).not.toContain('three')
  await ben.showsStep('device', 'reached')
  expect(await ben.page.getByTestId('pending').getAttribute('data-count')).not.toBe('0')

  // kill -9 in the middle of Ada's typing.
  const typing = ada.type('five six seven eight nine ten ')
  await ada.page.waitForFunction(() => (window as unknown as DemoWindow).acknowledged.includes('six'))
  await relay.kill()
  const left = await textInLog()
  expect(containsInOrder(left, await ada.acknowledged()), `${await ada.acknowledged()} in ${left}`).toBe(true)
  await typing

  // The same data, a new process: both come back by themselves, and their outboxes drain.
  relay = await startRelay(relay.port)
  await ben.wire.mend()
  await Promise.all([ada.showsPending(0), ben.showsPending(0)])
  await Promise.all([ada.sees('drei vier'), ben.sees('nine ten')])
  const converged = 'Ada: one two three four five six seven eight nine ten \nBen: eins zwei drei vier '
  expect(await ada.text()).toBe(converged)
  expect(await ben.text()).toBe(converged)
  await Promise.all([ada.showsStep('relay', 'reached'), ada.showsConnection('open'), ben.showsConnection('open')])

  // And a third one, who was never here, receives the same from the relay alone.
  const eve = await Person.arrive()
  await eve.sees('nine ten')
  expect(await eve.text()).toBe(converged)
})

test('two tabs of one browser share the device: offline edits of both survive both tabs, and reach the relay', async () => {
  const wire = new Wire(() => relay.port)
  await wire.mend()
  cleanups.push(() => wire.cut())
  const context = await browser.newContext()
  const left = await Person.arrive(context, wire)
  const right = await Person.arrive(context, wire)
  await left.installed()
  await left.type('left ')
  await right.sees('left ')
  await wire.cut()
  await right.page.getByTestId('editor').press('Control+End')
  await right.type('right ')
  await left.sees('right ')
  await right.showsStep('device', 'reached')

  await left.page.close()
  await right.page.close()
  await wire.mend()

  // A tab that opens another room pushes the outbox of the one that nobody has open.
  const elsewhere = await context.newPage()
  await elsewhere.goto(`http://localhost:${wire.port}/#tests/elsewhere`)
  const peer = await Person.arrive()
  await peer.sees('left right ')
})
