/** A tab in a worker, which a test can end without a word, as a crash does. Started by a message with the name of its tabs. */
import { BrowserTabs } from './browser-tabs.ts'

self.addEventListener('message', ({ data: name }: MessageEvent<string>) => {
  const tabs = new BrowserTabs({ name })
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker's other end has none; only windows do
  tabs.onOwner((owner) => self.postMessage({ tab: tabs.tab, owner }))
  tabs.open()
  tabs.post({ type: 'open', room: 'a' })
})
