/** The bench as a command: what it measures, keeps, shows again, compares and refuses, by its files and exit codes. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const main = fileURLToPath(new URL('../../bench/dist/main.js', import.meta.url))

interface Ended {
  readonly code: number
  readonly out: string
  readonly errors: string
}

/** Runs the bench to its end. */
async function bench(...argv: readonly string[]): Promise<Ended> {
  const child = spawn(process.execPath, ['--expose-gc', main, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] })
  const [out, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { code: code as number, out, errors }
}

interface Kept {
  readonly benches: readonly { readonly measurements: readonly Measurement[] }[]
}

interface Measurement {
  readonly subject: string
  readonly metric: string
  samples: number[]
}

let folder: string
let results: string
let measured: Ended

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'syncline-bench-test-'))
  results = join(folder, 'results.json')
  const only = ['--only', 'convergence/3 replicas', '--rounds', '3', '--seed', '7', '--quick']
  measured = await bench(...only, '--report', folder)
})

afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
})

/** The kept run with our samples of one metric changed, as a file. */
async function changed(
  name: string,
  metric: string,
  samples: (before: readonly number[]) => number[],
): Promise<string> {
  const run = JSON.parse(await readFile(results, 'utf8')) as Kept
  for (const { measurements } of run.benches) {
    for (const measurement of measurements) {
      if (measurement.subject !== 'syncline' || measurement.metric !== metric) continue
      measurement.samples = samples(measurement.samples)
    }
  }
  const file = join(folder, name)
  await writeFile(file, JSON.stringify(run))
  return file
}

describe('the bench', () => {
  it('prints a table, and writes a page and every sample', async () => {
    expect(measured.code, measured.errors).toBe(0)
    expect(measured.out).toContain('npm run bench -- --quick --only "convergence/3 replicas" --rounds 3 --seed 7')
    expect(measured.out).toMatch(/3 replicas +identical/)
    expect(measured.errors).toContain('index.html')
    expect(await readFile(join(folder, 'index.html'), 'utf8')).toContain('<svg')
  })

  it('shows a kept run again without measuring', async () => {
    const again = await bench('--from', results, '--no-report')
    expect(again).toMatchObject({ code: 0, out: measured.out })
  })

  it('finds nothing worse in the same run, and ends with 3 where something is', async () => {
    expect((await bench('--from', results, '--against', results, '--no-report')).code).toBe(0)
    const worse = await changed('worse.json', 'delivered', (before) => before.map((sample) => sample * 1.3))
    const compared = await bench('--from', worse, '--against', results, '--no-report')
    expect(compared.code).toBe(3)
    expect(compared.out).toMatch(/convergence\/3 replicas +delivered +yjs .* worse/)
    expect(compared.out).toContain('1 worse, 0 better')
  })

  it('fills the places that a Markdown file has, and only these', async () => {
    const file = join(folder, 'tables.md')
    await writeFile(file, '# T\n<!-- table convergence -->\n<!-- end convergence -->\nend\n')
    expect((await bench('--from', results, '--no-report', '--tables', file)).code).toBe(0)
    expect(await readFile(file, 'utf8')).toMatch(/^# T\n<!-- table convergence -->\n\n.*\| 3 replicas \|.*end\n$/s)
  })

  it('refuses what is no run of its own before it measures anything', async () => {
    const broken = join(folder, 'broken.json')
    await writeFile(broken, '{"format":1}')
    const refused = await bench('--against', broken, '--report', join(folder, 'never'))
    expect(refused.code).toBe(2)
    expect(refused.errors).toContain('startedAt is no text')
    expect(existsSync(join(folder, 'never'))).toBe(false)
  })
})
