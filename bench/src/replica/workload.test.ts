import { expect, it } from 'vitest'
import { contentOf } from '../subjects/content.ts'
import { importSubject } from '../subjects/subjects.ts'
import { generateTrace } from '../workloads/generated-trace.ts'
import { listOf, recordsOf, textOf, WRITER } from './workload.ts'

const workloads = [textOf(generateTrace(1, 900)), recordsOf(100, 800), listOf(200, 900)]

it.each(workloads)('a part of $name is a smaller workload of its kind', async (whole) => {
  const part = whole.part(Math.ceil(whole.transactions / 3))
  const replica = (await importSubject('syncline')).create(WRITER)
  let transactions = 0
  replica.onUpdate(() => transactions++)
  part.play(replica)
  expect(contentOf(replica)).toEqual(part.content)
  expect(transactions).toBe(part.transactions)
  expect(part.transactions).toBeGreaterThan(whole.transactions / 4)
  expect(part.transactions).toBeLessThan(whole.transactions / 2)
})
