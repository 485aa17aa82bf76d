import { expect, it } from 'vitest'
import { fileStem } from './file-download.ts'

it.each([
  ['quiet-basalt', 'quiet-basalt'],
  ['notes/welcome', 'notes-welcome'],
  ['../../etc', 'etc'],
  ['Grüße 👋', 'Grüße'],
  ['///', 'document'],
])('makes the room %j the file %j', (room, stem) => {
  expect(fileStem(room)).toBe(stem)
})
