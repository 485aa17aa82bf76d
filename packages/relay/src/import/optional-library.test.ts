import { expect, test } from 'vitest'
import { optionalLibrary } from './optional-library.ts'

test('a library that is not installed is named, with how to install it', async () => {
  const name: string = 'a-package-that-nobody-has'
  const missing = optionalLibrary(name, () => import(/* @vite-ignore */ name) as Promise<unknown>)
  await expect(missing).rejects.toMatchObject({ code: 'missing-library' })
  await expect(missing).rejects.toThrow(`npm install ${name}`)
})

test('a library that fails otherwise fails as it does', async () => {
  const failure = new TypeError('broken')
  await expect(optionalLibrary('x', () => Promise.reject(failure))).rejects.toBe(failure)
})
