/** MUTANTS.md says what mutants.ts has. After a change: `npx vitest run --project simulation mutants-table -u`. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { mutants } from './mutants.ts'

test('the table of mutants is that of mutants.ts', async () => {
  const rows = mutants.map(({ name, breaks, seedsMax, replacements }) => {
    const files = [...new Set(replacements.map(({ file }) => file.replace(/^packages\/|src\//g, '')))]
    const promises = breaks.map((oracle) => `\`${oracle}\``).join(' or ')
    return `| ${name} | ${files.map((file) => `\`${file}\``).join(', ')} | ${promises} | ${seedsMax} |`
  })
  const text = `# What the simulation has to notice

Each row is a mistake that is made on purpose, in one run, by changing the source on its way (mutants.ts); a kept trace or one of so many seeds has to break
the promise that it is about: one that breaks another alone is not caught.
\`npm run simulate -- --mutants\` tries all of them and says which promise each broke, and where.

| mistake | in | breaks | seeds at most |
| --- | --- | --- | --- |
${rows.join('\n')}
`
  await expect(text).toMatchFileSnapshot('./MUTANTS.md')
})

test('what mutants replace stands where they say, once', () => {
  const astray = mutants.flatMap(({ name, replacements }) =>
    replacements.flatMap(({ file, find }) => {
      const times = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8').split(find).length - 1
      return times === 1 ? [] : [`${name}: ${times} times in ${file}: ${find}`]
    }),
  )
  expect(astray).toEqual([])
})
