/** Installs the dependencies when they are missing or the lockfile has changed since; otherwise does nothing. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root, step } from './step.js'

export function install() {
  requireNode()
  const lock = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex')
  const marker = join(root, 'node_modules', '.cache', 'syncline', 'installed')
  if (existsSync(marker) && readFileSync(marker, 'utf8') === lock) return
  step('installing dependencies (npm ci)', 'npm', ['ci', '--no-audit', '--no-fund'])
  mkdirSync(dirname(marker), { recursive: true })
  writeFileSync(marker, lock)
}

function requireNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  process.stderr.write(`syncline: needs Node 20.19 or later; this is ${process.versions.node}\n`)
  process.exit(1)
}
