/** The Chromium that the tests run in: the one that `npm test` found or installed. Also used by vitest.config.ts. */
import { chromium, type Browser, type LaunchOptions } from 'playwright'

/** Without what the sandbox of a container forbids, and without traffic of the browser's own. */
export function chromiumOptions(): LaunchOptions {
  const executablePath = process.env['SYNCLINE_CHROMIUM']
  return {
    ...(executablePath === undefined ? {} : { executablePath }),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  }
}

export function launchChromium(): Promise<Browser> {
  return chromium.launch(chromiumOptions())
}
