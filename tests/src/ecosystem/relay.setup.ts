/** A relay for the tests in the browser, on a port of its own, for as long as they run. */
import { createRelay, MemoryLog } from '@syncline/relay'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    readonly relayUrl: string
  }
}

export async function setup({ provide }: TestProject): Promise<() => Promise<void>> {
  const relay = createRelay({ log: new MemoryLog(), port: 0, onEvent: () => undefined })
  await relay.open()
  provide('relayUrl', relay.url)
  return () => relay.close({ deadlineMs: 2000 })
}
