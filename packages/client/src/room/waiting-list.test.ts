import { describe, expect, test } from 'vitest'
import { SynclineError } from '../errors.ts'
import { WaitingList, type WaitVerdict } from './waiting-list.ts'

const closed = new SynclineError('closed', 'closed')

describe('a wait', () => {
  test('ends with its condition, and not before', async () => {
    const list = new WaitingList()
    let verdict: WaitVerdict
    const wait = list.wait(() => verdict)
    list.check()
    verdict = 'done'
    list.check()
    await wait
    await list.wait(() => 'done')
  })

  test('rejects with the error of its condition', async () => {
    const list = new WaitingList()
    const full = new SynclineError('store-full', 'full')
    await expect(list.wait(() => full)).rejects.toBe(full)
  })

  test('is settled by close: done if it is, else rejected; so are later ones', async () => {
    const list = new WaitingList()
    let done = false
    const late = list.wait(() => (done ? 'done' : undefined))
    const never = list.wait(() => undefined)
    done = true
    list.close(closed)
    await late
    await expect(never).rejects.toBe(closed)
    await expect(list.wait(() => undefined)).rejects.toBe(closed)
    await list.wait(() => 'done')
  })

  test('given up by its signal leaves the others waiting', async () => {
    const list = new WaitingList()
    const controller = new AbortController()
    let done = false
    const given = list.wait(() => (done ? 'done' : undefined), controller.signal)
    const kept = list.wait(() => (done ? 'done' : undefined))
    controller.abort('enough')
    await expect(given).rejects.toMatchObject({ code: 'aborted', cause: 'enough' })
    done = true
    list.check()
    await kept
  })
})
