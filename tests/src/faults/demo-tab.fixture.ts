/**
 * The demo in a tab of a real Chromium, with an account kept outside of it: which words were typed, and which of them the page has shown as
 * stored or acknowledged. What was shown was promised, however the tab ends.
 */
import type { BrowserContext, Page } from 'playwright'
import type { Room, RoomStatus, Syncline } from 'syncline'

export const ROOM = 'tests/faults'

/** Attempts become as rare as one a minute, and a busy machine makes more of them fail. Less than a test may take, so that it can say what is wrong. */
const STORED_WITHIN_MS = 100_000

interface DemoWindow {
  readonly syncline: { readonly sync: Syncline; readonly room: Room }
  /** What this tab typed. */
  typed: string[]
  told: (shown: { readonly stored: readonly string[]; readonly acked: readonly string[] }) => void
}

/** Of words that were typed, over all visits and tabs. */
export class Account {
  readonly typed: string[] = []
  readonly stored = new Set<string>()
  readonly acked = new Set<string>()

  /** A word that was not there before. */
  nextWord(): string {
    return `w${this.typed.length}`
  }
}

export class DemoTab {
  readonly page: Page
  readonly account: Account

  private constructor(page: Page, account: Account) {
    this.page = page
    this.account = account
  }

  /** `url`: of the demo, without a room. */
  static async open(context: BrowserContext, url: string, account: Account, room: string = ROOM): Promise<DemoTab> {
    const page = await context.newPage()
    const tab = new DemoTab(page, account)
    await page.exposeFunction('told', (shown: { stored: readonly string[]; acked: readonly string[] }) => {
      for (const word of shown.stored) account.stored.add(word)
      for (const word of shown.acked) account.acked.add(word)
    })
    await page.goto(`${url}#${room}`)
    await tab.ready()
    return tab
  }

  /** Resolves when the room is open after the page was loaded, by whatever way, and listens to what it shows. */
  async ready(): Promise<void> {
    await this.page.locator('[data-testid=document][aria-busy=false]').waitFor()
    await this.page.evaluate(() => {
      const here = window as unknown as DemoWindow
      const { room } = here.syncline
      here.typed = []
      room.subscribe((status) => {
        const stored = status.unstored === 0 && status.store.state === 'durable' ? [...here.typed] : []
        const acked = status.unacked === 0 && status.latestEdit === 'relay' ? [...here.typed] : []
        if (stored.length + acked.length > 0) here.told({ stored, acked })
      })
    })
  }

  /** Types a word at the end, as its own edit; `then` happens in the same turn of the page. Rejects when the page ends at once. */
  async type(then: 'stay' | 'reload' | 'leave' | 'close' = 'stay', lengthened: string = ''): Promise<string> {
    const word = this.account.nextWord() + lengthened
    this.account.typed.push(word)
    await this.page.evaluate(
      ([added, next]) => {
        const here = window as unknown as DemoWindow
        const text = here.syncline.room.doc.getText('body')
        text.insert(text.length, `${added} `)
        here.typed.push(added)
        if (next === 'reload') location.reload()
        if (next === 'leave') location.href = 'about:blank'
        if (next === 'close') close()
      },
      [word, then] as const,
    )
    return word
  }

  async words(): Promise<readonly string[]> {
    const text = await this.page.evaluate(() =>
      (window as unknown as DemoWindow).syncline.room.doc.getText('body').toJSON(),
    )
    return text.split(' ').filter((word) => word !== '')
  }

  /** What it shows now; errors are cut down to their codes. */
  status(): Promise<Pick<RoomStatus, 'latestEdit' | 'unstored' | 'unacked' | 'sync'> & { readonly store: string }> {
    return this.page.evaluate(() => {
      const { latestEdit, unstored, unacked, sync, store } = (window as unknown as DemoWindow).syncline.room.status
      return { latestEdit, unstored, unacked, sync, store: store.state === 'durable' ? store.state : store.error.code }
    })
  }

  isOwner(): Promise<boolean> {
    return this.page.evaluate(() => (window as unknown as DemoWindow).syncline.sync.status.owner)
  }

  whenStored(): Promise<void> {
    return this.page.evaluate(() => (window as unknown as DemoWindow).syncline.room.whenStored())
  }

  whenAcked(): Promise<void> {
    return this.page.evaluate(() => (window as unknown as DemoWindow).syncline.room.whenAcked())
  }

  /** Resolves when it shows that nothing is in memory alone, however often storing fails before. */
  async showsStored(): Promise<void> {
    const isStored = this.page.waitForFunction(
      () => {
        const { unstored, store } = (window as unknown as DemoWindow).syncline.room.status
        return unstored === 0 && store.state === 'durable'
      },
      undefined,
      { timeout: STORED_WITHIN_MS },
    )
    await isStored.catch(async (error: unknown) => {
      throw new Error(`The page shows ${JSON.stringify(await this.status())}`, { cause: error })
    })
  }

  /** The offline switch. */
  async switchOffline(offline: boolean): Promise<void> {
    await this.page.evaluate((off) => {
      const { sync } = (window as unknown as DemoWindow).syncline
      if (off) sync.disconnect()
      else sync.connect()
    }, offline)
  }

  /** Resolves when it shows all of `words`. */
  async sees(words: readonly string[]): Promise<void> {
    await this.page.waitForFunction((wanted) => {
      const shown = (window as unknown as DemoWindow).syncline.room.doc.getText('body').toJSON().split(' ')
      return wanted.every((word) => shown.includes(word))
    }, words)
  }

  /** Resolves when its room is a member at the relay. */
  async live(): Promise<void> {
    await this.page.waitForFunction(() => (window as unknown as DemoWindow).syncline.room.status.sync === 'live')
  }
}
