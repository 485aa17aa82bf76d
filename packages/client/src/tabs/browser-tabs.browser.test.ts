import { expect, onTestFinished, test } from 'vitest'
import { BrowserTabs, tabsOfOrigin } from './browser-tabs.ts'
import { OWNER_UNANSWERED_MAX } from './tabs-machine.ts'
import type { TabMessage } from './tabs.ts'

let names = 0

test('the first tab owns the connection, and the second when the first closes', async () => {
  const name = newName()
  const first = openTab(name)
  await first.owns(true)
  const second = openTab(name)
  await first.hears(second)
  expect(second.tabs.owner).toBe(false)
  first.tabs.close()
  expect(first.tabs.owner).toBe(false)
  await second.owns(true)
})

test('ownership goes to the tabs in the order in which they came', async () => {
  const name = newName()
  const first = openTab(name)
  await first.owns(true)
  const second = openTab(name)
  await first.hears(second)
  const third = openTab(name)
  await first.hears(third)
  first.tabs.close()
  await second.owns(true)
  expect(third.tabs.owner).toBe(false)
  second.tabs.close()
  await third.owns(true)
})

test('tabs of another name are strangers', async () => {
  const [one, other] = [openTab(newName()), openTab(newName())]
  await one.owns(true)
  await other.owns(true)
})

test('every tab but the sender receives a message, in the order of sending', async () => {
  const name = newName()
  const tabs = [openTab(name), openTab(name), openTab(name)] as const
  const [sender, ...others] = tabs
  const posted: TabMessage[] = [
    { type: 'open', room: 'a' },
    { type: 'row', room: 'a', row: 1, ref: 1, update: new Uint8Array([1]) },
    { type: 'awareness', room: 'a', payload: new Uint8Array([2]), relayed: false },
    { type: 'closed', room: 'a' },
  ]
  for (const message of posted) sender.tabs.post(message)
  for (const other of others) {
    await other.received(posted.length)
    expect(other.messages).toEqual(posted.map((message) => ({ message, tab: sender.tabs.tab })))
  }
  expect(sender.messages).toEqual([])
})

test('a window on a larger buffer is sent without the rest of the buffer', async () => {
  const name = newName()
  const [sender, receiver] = [openTab(name), openTab(name)]
  const window = new Uint8Array(new ArrayBuffer(1 << 20), 100, 3).fill(5)
  sender.tabs.post({ type: 'row', room: 'a', row: 1, ref: undefined, update: window })
  sender.tabs.post({ type: 'awareness', room: 'a', payload: window, relayed: true })
  await receiver.received(2)
  for (const { message } of receiver.messages) {
    const bytes = 'update' in message ? message.update : 'payload' in message ? message.payload : undefined
    expect(bytes).toEqual(new Uint8Array([5, 5, 5]))
    expect(bytes?.buffer.byteLength).toBe(3)
  }
})

test('what is posted before open, after close, or is no message of ours goes nowhere', async () => {
  const name = newName()
  const receiver = openTab(name)
  await receiver.owns(true)
  const sender = openTab(name, (tabs) => tabs.post({ type: 'open', room: 'early' }))
  const stranger = new BroadcastChannel(`syncline:${name}`)
  onTestFinished(() => stranger.close())
  for (const data of [
    null,
    1,
    'x',
    [],
    {},
    { tab: 1 },
    { tab: 'x', type: 'ask' },
    { tab: 'x', number: 1, type: 'message' },
    { tab: 'x', number: 1, type: 'new' },
  ]) {
    tell(stranger, data)
  }
  await receiver.hears(sender)
  sender.tabs.close()
  sender.tabs.post({ type: 'open', room: 'late' })
  const last = openTab(name)
  await receiver.hears(last)
  expect(receiver.messages.map(({ tab }) => tab)).toEqual([sender.tabs.tab, last.tabs.tab])
})

test('the others are told that a tab is gone when it closes', async () => {
  const name = newName()
  const [first, second, third] = [openTab(name), openTab(name), openTab(name)]
  await Promise.all([second.hears(first), third.hears(first)])
  first.tabs.close()
  await Promise.all([second.misses(first.tabs.tab), third.misses(first.tabs.tab)])
  expect(second.gone).toEqual([first.tabs.tab])
})

test('a tab that crashes is gone, and its ownership goes on', async () => {
  const name = newName()
  const worker = new Worker(new URL('./tab-worker.fixture.ts', import.meta.url), { type: 'module' })
  onTestFinished(() => worker.terminate())
  const owning = new Promise<string>((resolve) => {
    worker.addEventListener('message', ({ data }: MessageEvent<{ tab: string }>) => resolve(data.tab))
  })
  tell(worker, name)
  const tab = await owning
  const survivor = openTab(name)
  await survivor.answered()
  expect(survivor.tabs.owner).toBe(false)
  worker.terminate()
  await Promise.all([survivor.owns(true), survivor.misses(tab)])
})

test('an owner who does not answer is replaced, and everybody is told that it is gone', async () => {
  const name = newName()
  const frozen = await frozenOwner(name)
  const follower = openTab(name)
  const witness = openTab(name)
  await witness.hears(follower)
  frozen.say('here')
  await Promise.all([follower.answered(), witness.answered()])
  for (let asked = 0; asked < OWNER_UNANSWERED_MAX; asked += 1) follower.timeToAsk()
  await follower.owns(true)
  await Promise.all([follower.misses(frozen.tab), witness.misses(frozen.tab)])
  expect(witness.tabs.owner).toBe(false)
  await expect(frozen.lost).rejects.toMatchObject({ name: 'AbortError' })
})

test('an owner who answers is not replaced, however long it takes', async () => {
  const name = newName()
  const owner = openTab(name)
  await owner.owns(true)
  const follower = openTab(name)
  for (let asked = 0; asked < 3 * OWNER_UNANSWERED_MAX; asked += 1) {
    follower.timeToAsk()
    await follower.answered()
  }
  expect(owner.tabs.owner).toBe(true)
  expect(follower.tabs.owner).toBe(false)
})

test('an owner who was replaced follows, and owns again when its turn comes', async () => {
  const name = newName()
  const owner = openTab(name)
  await owner.owns(true)
  await navigator.locks.request(`syncline:${name}:owner`, { steal: true }, () => owner.owns(false))
  await owner.owns(true)
  expect(owner.owned).toEqual([true, false, true])
})

test('two followers who steal at once end with one owner', async () => {
  const name = newName()
  await frozenOwner(name)
  const [one, two] = [openTab(name), openTab(name)]
  await Promise.all([one.hears(two), two.hears(one)])
  for (let asked = 0; asked < OWNER_UNANSWERED_MAX; asked += 1) {
    one.timeToAsk()
    two.timeToAsk()
  }
  await Promise.all([one.owns(true), two.owns(true)])
  await Promise.race([one.owns(false), two.owns(false)])
  expect([one.tabs.owner, two.tabs.owner].filter(Boolean)).toHaveLength(1)
})

test('a tab is told when something that another said did not reach it', async () => {
  const name = newName()
  const tab = openTab(name)
  await tab.owns(true)
  const other = new BroadcastChannel(`syncline:${name}`)
  onTestFinished(() => other.close())
  const say = (number: number): void => {
    tell(other, { tab: 'other', number, type: 'message', message: { type: 'open', room: 'a' } })
  }
  // Held, or the other tab would count as gone at each of its words.
  await navigator.locks.request(`syncline:${name}:tab:other`, async () => {
    say(1)
    say(2)
    await tab.received(2)
    expect(tab.missed()).toBe(0)
    say(4)
    await tab.misheard(1)
    say(5)
    await tab.received(4)
    expect(tab.missed()).toBe(1)
  })
})

test('a tab that comes later is told that it missed what was said before', async () => {
  const name = newName()
  const early = openTab(name)
  await early.owns(true)
  early.tabs.post({ type: 'open', room: 'a' })
  const late = openTab(name)
  await late.misheard(1)
  expect(early.missed()).toBe(0)
})

test('close leaves no lock held and none waited for', async () => {
  const name = newName()
  const [first, second] = [openTab(name), openTab(name)]
  await Promise.all([first.hears(second), second.hears(first)])
  first.tabs.close()
  second.tabs.close()
  second.tabs.close()
  // Granted once everything of both tabs is let go.
  for (const lock of [`${name}:owner`, `${name}:tab:${first.tabs.tab}`, `${name}:tab:${second.tabs.tab}`]) {
    await navigator.locks.request(`syncline:${lock}`, () => undefined)
  }
  const { held = [], pending = [] } = await navigator.locks.query()
  expect([...held, ...pending].filter((lock) => lock.name?.startsWith(`syncline:${name}:`))).toEqual([])
})

test('a tab closed while its turn is being granted does not keep the lock', async () => {
  const name = newName()
  for (let round = 0; round < 20; round += 1) {
    const hasty = openTab(name)
    for (let tick = 0; tick < round; tick += 1) await Promise.resolve()
    hasty.tabs.close()
    expect(hasty.tabs.owner).toBe(false)
  }
  await openTab(name).owns(true)
})

test('a browser that can has browser tabs', () => {
  expect(tabsOfOrigin({ name: newName() })).toBeInstanceOf(BrowserTabs)
})

interface TestTab {
  readonly tabs: BrowserTabs
  readonly messages: readonly { readonly message: TabMessage; readonly tab: string }[]
  readonly gone: readonly string[]
  readonly owned: readonly boolean[]
  /** How often this tab was told that it missed something. */
  readonly missed: () => number
  readonly misheard: (count: number) => Promise<void>
  /** Raises this tab's alarm. */
  readonly timeToAsk: () => void
  /** Resolves when an owner said that it is there, since this was last awaited. */
  readonly answered: () => Promise<void>
  readonly owns: (owner: boolean) => Promise<void>
  readonly received: (count: number) => Promise<void>
  readonly misses: (tab: string) => Promise<void>
  /** Lets the other tab say something, until it arrives here. */
  readonly hears: (other: TestTab) => Promise<void>
}

/** A tab of which a test sees everything; its time stands still. */
function openTab(name: string, beforeOpen: (tabs: BrowserTabs) => void = () => undefined): TestTab {
  const messages: { message: TabMessage; tab: string }[] = []
  const gone: string[] = []
  const owned: boolean[] = []
  const checks = new Set<() => void>()
  const changed = (): void => {
    for (const check of checks) check()
  }
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => {
        if (!holds()) return
        checks.delete(check)
        resolve()
      }
      checks.add(check)
      check()
    })
  let alarm: (() => void) | undefined
  const after = (_delayMs: number, task: () => void): (() => void) => {
    alarm = task
    return () => (alarm = undefined)
  }
  const tabs = new BrowserTabs({ name, scheduler: { after } })
  tabs.onMessage((message, tab) => {
    messages.push({ message, tab })
    changed()
  })
  tabs.onGone((tab) => {
    gone.push(tab)
    changed()
  })
  tabs.onOwner((owner) => {
    owned.push(owner)
    changed()
  })
  let missed = 0
  tabs.onMissed(() => {
    missed += 1
    changed()
  })
  beforeOpen(tabs)
  tabs.open()
  onTestFinished(() => tabs.close())
  // Made after the tab's own channel, so it hears after the tab has heard.
  const witness = new BroadcastChannel(`syncline:${name}`)
  onTestFinished(() => witness.close())
  let answers = 0
  witness.addEventListener('message', ({ data }: MessageEvent<{ type?: unknown } | null>) => {
    if (data?.type !== 'here') return
    answers += 1
    changed()
  })
  const received = (count: number): Promise<void> => until(() => messages.length >= count)
  let answersAwaited = 0
  return {
    tabs,
    messages,
    gone,
    owned,
    missed: () => missed,
    misheard: (count) => until(() => missed >= count),
    timeToAsk: () => alarm?.(),
    answered: () => until(() => answers > answersAwaited).then(() => void (answersAwaited = answers)),
    owns: (owner) => until(() => owned.at(-1) === owner),
    received,
    misses: (tab) => until(() => gone.includes(tab)),
    hears: (other) => {
      const count = messages.length + 1
      other.tabs.post({ type: 'open', room: 'any' })
      return received(count)
    },
  }
}

/** An owner that holds its locks and says nothing of its own accord. */
async function frozenOwner(name: string): Promise<{
  readonly tab: string
  readonly lost: Promise<unknown>
  readonly say: (type: string) => void
}> {
  const tab = 'frozen'
  const end = new AbortController()
  onTestFinished(() => end.abort())
  const channel = new BroadcastChannel(`syncline:${name}`)
  onTestFinished(() => channel.close())
  const hold = (lock: string): { readonly lost: Promise<unknown>; readonly held: Promise<void> } => {
    let granted = (): void => undefined
    const held = new Promise<void>((resolve) => (granted = resolve))
    const lost = navigator.locks.request(`syncline:${name}:${lock}`, () => {
      granted()
      return new Promise((resolve) => end.signal.addEventListener('abort', resolve))
    })
    lost.catch(() => undefined)
    return { lost, held }
  }
  let said = 0
  const owner = hold('owner')
  await Promise.all([owner.held, hold(`tab:${tab}`).held])
  return { tab, lost: owner.lost, say: (type) => tell(channel, { tab, number: (said += 1), type }) }
}

function tell(port: { postMessage(data: unknown): void }, data: unknown): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel or a worker has none; only windows do
  port.postMessage(data)
}

function newName(): string {
  return `tabs-${(names += 1)}`
}
