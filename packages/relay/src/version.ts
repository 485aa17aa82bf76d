/** The version of this package, read from where it is written: package.json. */
import { readFileSync } from 'node:fs'

export function relayVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  return (manifest as { version: string }).version
}
