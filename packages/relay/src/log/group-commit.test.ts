import { describe, expect, it } from 'vitest'
import { LogError } from '../errors.ts'
import { GroupCommit, type GroupLimits } from './group-commit.ts'

interface Commit {
  readonly group: readonly { readonly id: number }[]
  finish(): void
  fail(error: Error): void
}

/** A disk whose flushes the test ends by hand. */
function disk(limits?: GroupLimits) {
  const commits: Commit[] = []
  let started: () => void = () => {}
  const writes = new GroupCommit<{ readonly id: number }, number>(
    (group) =>
      new Promise((resolve, reject) => {
        commits.push({ group, finish: () => resolve(group.map(({ id }) => id)), fail: reject })
        started()
      }),
    limits,
  )
  /** The `count`th commit, once it has begun. */
  const commit = async (count: number): Promise<Commit> => {
    while (commits.length < count) {
      await new Promise<void>((resolve) => {
        started = resolve
      })
    }
    return commits.at(count - 1)!
  }
  return { writes, commit, commits }
}

const ids = ({ group }: Commit): readonly number[] => group.map(({ id }) => id)

describe('GroupCommit', () => {
  it('commits what arrives during a flush together in the next', async () => {
    const { writes, commit, commits } = disk()
    const first = writes.submit({ id: 1 }, 1)
    const one = await commit(1)
    const rest = [2, 3, 4].map((id) => writes.submit({ id }, 1))
    expect(commits).toHaveLength(1)
    one.finish()
    expect(await first).toBe(1)
    const two = await commit(2)
    expect(ids(two)).toEqual([2, 3, 4])
    two.finish()
    expect(await Promise.all(rest)).toEqual([2, 3, 4])
    expect(writes.flushes).toBe(2)
    expect(writes.pendingBytes).toBe(0)
  })

  it('lets all of a group fail together, and none of the next', async () => {
    const { writes, commit } = disk()
    const outcomes = [1, 2].map((id) => expect(writes.submit({ id }, 1)).rejects.toThrow('no disk'))
    const first = await commit(1)
    const next = writes.submit({ id: 3 }, 1)
    first.fail(new Error('no disk'))
    await Promise.all(outcomes)
    ;(await commit(2)).finish()
    expect(await next).toBe(3)
    expect(writes.flushes).toBe(1)
  })

  it('divides what waits by operations and by bytes, but takes one operation of any size', async () => {
    const { writes, commit } = disk({ groupOperationsMax: 2, groupBytesMax: 10, pendingBytesMax: 1000 })
    const sizes = [1, 1, 1, 50, 6, 4, 1]
    const all = Promise.all(sizes.map((bytes, index) => writes.submit({ id: index }, bytes)))
    const groups: (readonly number[])[] = []
    for (let count = 1; count <= 5; count++) {
      const next = await commit(count)
      groups.push(ids(next))
      next.finish()
    }
    await all
    expect(groups).toEqual([[0, 1], [2], [3], [4, 5], [6]])
  })

  it('refuses what it will not hold, in its turn, and takes more once there is room', async () => {
    const { writes, commit } = disk({ groupOperationsMax: 10, groupBytesMax: 100, pendingBytesMax: 10 })
    const settled: number[] = []
    const note = (id: number, bytes: number): Promise<unknown> =>
      writes.submit({ id }, bytes).then(
        () => settled.push(id),
        (error: unknown) => {
          expect(error).toBeInstanceOf(LogError)
          expect(error).toMatchObject({ code: 'busy', retryable: true })
          return settled.push(id)
        },
      )
    const all = [note(1, 8), note(2, 8), note(3, 2)]
    const first = await commit(1)
    expect(ids(first)).toEqual([1, 3])
    expect(settled).toEqual([])
    first.finish()
    await Promise.all(all)
    expect(settled).toEqual([1, 2, 3])
    const large = note(4, 500)
    ;(await commit(2)).finish()
    await large
  })

  it('closes when everything has settled, and takes nothing more', async () => {
    const { writes, commit } = disk()
    const order: string[] = []
    const write = writes.submit({ id: 1 }, 1).then(() => order.push('written'))
    const closed = writes.close().then(() => order.push('closed'))
    await expect(writes.submit({ id: 2 }, 1)).rejects.toMatchObject({ code: 'closed' })
    ;(await commit(1)).finish()
    await Promise.all([write, closed, writes.close()])
    expect(order).toEqual(['written', 'closed'])
  })
})
