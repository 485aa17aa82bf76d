/** Puts the report into a folder: `index.html`, and `results.json` with every sample. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { jsonOf } from '../harness/results.ts'
import type { Run } from '../harness/run.ts'
import type { Comparison } from './guard.ts'
import { pageOf } from './page.ts'

/** Makes the folder where there is none, and writes over the report that it has. Returns the path of the page. */
export function writeReport(folder: string, run: Run, comparison: Comparison | undefined): string {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'results.json'), `${JSON.stringify(jsonOf(run), undefined, 2)}\n`)
  const page = join(folder, 'index.html')
  writeFileSync(page, pageOf(run, comparison))
  return page
}
