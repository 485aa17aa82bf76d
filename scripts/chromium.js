/**
 * Finds the Chromium that the browser tests run in, or installs one. In this order: `SYNCLINE_CHROMIUM`, one that the system
 * has, one that Playwright downloaded before; then Debian's package (as root), then Playwright's download.
 */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { run, say } from './step.js'

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']
const applications = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** The path of a Chromium. Ends the script when there is none and none can be installed. */
export async function chromium() {
  const found = named() ?? installed() ?? (await downloaded())
  if (found !== undefined) return found
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    say("no Chromium found: installing Debian's package (apt-get install chromium)")
    const env = { DEBIAN_FRONTEND: 'noninteractive' }
    run('apt-get', ['update', '-qq'], { env })
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], { env })
    const path = installed()
    if (path !== undefined) return path
  }
  say("no Chromium found: downloading Playwright's (playwright install chromium)")
  run(process.execPath, [join('node_modules', 'playwright', 'cli.js'), 'install', 'chromium'])
  const path = await downloaded()
  if (path !== undefined) return path
  say('the browser tests need a Chromium: install one, or name it in SYNCLINE_CHROMIUM')
  process.exit(1)
}

function named() {
  const path = process.env['SYNCLINE_CHROMIUM']
  if (path === undefined || path === '') return undefined
  if (existsSync(path)) return path
  say(`SYNCLINE_CHROMIUM names ${path}, which does not exist`)
  process.exit(1)
}

function installed() {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const candidates = [...folders.flatMap((folder) => names.map((name) => join(folder, name))), ...applications]
  return candidates.find((path) => existsSync(path))
}

async function downloaded() {
  const playwright = await import('playwright')
  const path = playwright.chromium.executablePath()
  return path !== '' && existsSync(path) ? path : undefined
}
