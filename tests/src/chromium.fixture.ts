/** The Chromium that the tests run in: the one that `npm test` found or installed. */
import { chromium, type Browser } from 'playwright'

export function launchChromium(): Promise<Browser> {
  const executablePath = process.env['SYNCLINE_CHROMIUM']
  return chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    headless: true,
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
