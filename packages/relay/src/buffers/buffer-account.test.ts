import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BufferAccount, type BufferKind } from './buffer-account.ts'

function watched(bytesMax: number): { readonly account: BufferAccount; readonly heard: boolean[] } {
  const account = new BufferAccount(bytesMax)
  const heard: boolean[] = []
  account.watch((pressed) => heard.push(pressed))
  return { account, heard }
}

test('it is too much above the bound, and until it is half of it; each change is told once', () => {
  const { account, heard } = watched(100)
  account.change('settling', 60)
  account.change('queued', 40)
  expect(account.pressed).toBe(false)
  account.change('arriving', 1)
  account.change('arriving', 50)
  expect([account.pressed, account.totalBytes, account.stuckBytes]).toEqual([true, 151, 91])
  account.change('queued', -40)
  account.change('arriving', -51)
  expect(account.pressed).toBe(true)
  account.change('settling', -9)
  expect(account.pressed).toBe(true)
  account.change('settling', -1)
  expect(account.pressed).toBe(false)
  expect(heard).toEqual([true, false])
})

test('a frame that several sockets wait for counts once, until the last of them has taken it', () => {
  const { account } = watched(100)
  const [one, other] = [new Uint8Array(10), new Uint8Array(10)]
  account.queue(one)
  account.queue(one)
  account.queue(other)
  expect(account.totalBytes).toBe(20)
  account.taken(one)
  expect(account.totalBytes).toBe(20)
  account.taken(one)
  account.taken(one)
  expect(account.totalBytes).toBe(10)
})

test('whatever comes and goes, the total is the sum, and the pressure follows it', () => {
  const change = fc.record({
    kind: fc.constantFrom<BufferKind>('settling', 'queued', 'arriving'),
    bytes: fc.integer({ min: -60, max: 60 }),
  })
  fc.assert(
    fc.property(fc.array(change), (changes) => {
      const { account, heard } = watched(100)
      let [sum, pressed] = [0, false]
      for (const { kind, bytes } of changes) {
        account.change(kind, bytes)
        sum += bytes
        pressed = pressed ? sum > 50 : sum > 100
        expect([account.totalBytes, account.pressed]).toEqual([sum, pressed])
      }
      expect(heard).toEqual(heard.map((_, index) => index % 2 === 0))
    }),
  )
})
