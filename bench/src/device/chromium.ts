/** The browser that pages are loaded in: the one that `SYNCLINE_CHROMIUM` names, the one that Playwright has installed, or the system's. */
import { existsSync } from 'node:fs'
import { env } from 'node:process'
import { chromium, type Browser } from 'playwright'

/** Where Linux systems have it. */
const SYSTEM_PATH = '/usr/bin/chromium'

/** `undefined` where there is none. */
export function chromiumPath(): string | undefined {
  return [env['SYNCLINE_CHROMIUM'], chromium.executablePath(), SYSTEM_PATH].find(
    (path) => path !== undefined && path !== '' && existsSync(path),
  )
}

/** Without what the sandbox of a container forbids, and without traffic of the browser's own. */
export function launchChromium(executablePath: string): Promise<Browser> {
  return chromium.launch({
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
