import { afterEach, expect, it, vi } from 'vitest'
import { collectGarbage } from './garbage.ts'

afterEach(() => vi.unstubAllGlobals())

it('collects what is young each time, and the whole heap where much was left behind', () => {
  const collections: string[] = []
  vi.stubGlobal('gc', (options?: { readonly type: string }) => void collections.push(options?.type ?? 'whole'))
  collectGarbage()
  const left = new Uint8Array(2 ** 23)
  collections.length = 0
  collectGarbage()
  expect(collections).toEqual(['minor', 'whole'])
  collectGarbage()
  expect(collections.slice(2)).toEqual(['minor'])
  expect(left).toHaveLength(2 ** 23)
})
