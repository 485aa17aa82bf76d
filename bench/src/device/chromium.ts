/** The browser that pages are loaded in: the one that `SYNCLINE_CHROMIUM` names, the one that Playwright has installed, or the system's. */
import { existsSync } from 'node:fs'
import { env } from 'node:process'
import type { Browser, BrowserType } from 'playwright'

/** Where Linux systems have it. */
const SYSTEM_PATH = '/usr/bin/chromium'

/** `undefined` where there is none. */
export async function chromiumPath(): Promise<string | undefined> {
  return [env['SYNCLINE_CHROMIUM'], (await playwright()).executablePath(), SYSTEM_PATH].find(
    (path) => path !== undefined && path !== '' && existsSync(path),
  )
}

/** Without what the sandbox of a container forbids, and without traffic of the browser's own. */
export async function launchChromium(executablePath: string): Promise<Browser> {
  return (await playwright()).launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

/** Loaded when it is asked for: it has two thirds of all objects that the benches keep, and what is collected before each sample takes as much longer. */
async function playwright(): Promise<BrowserType> {
  return (await import('playwright')).chromium
}
