/**
 * Bytes that Yjs 13.6 wrote, recorded in `golden/`; `npx vitest run --project node golden-scripts -u` records what the installed Yjs writes
 * for a new script.
 */
import { expect, test } from 'vitest'
import { goldenScripts, writtenBy } from './golden-scripts.fixture.ts'
import { subject, yjs } from './library.fixture.ts'

test.each(goldenScripts)('$name: the installed Yjs writes what is recorded', async (script) => {
  await expect(writtenBy(yjs, script)).toMatchFileSnapshot(`golden/${script.name.replaceAll(' ', '-')}.txt`)
})

test.each(goldenScripts.filter(({ needs }) => needs === undefined || needs in subject))(
  '$name: the replica writes the same',
  (script) => {
    expect(writtenBy(subject, script)).toBe(writtenBy(yjs, script))
  },
)
