import { expect, it } from 'vitest'
import { encodeRejectedEdits } from './rejected-edits.ts'

it('refused edits can be read back from their file, byte for byte', () => {
  const update = Uint8Array.from({ length: 256 }, (_, byte) => byte)
  const [edit] = JSON.parse(encodeRejectedEdits([{ ref: 7, code: 'update-too-large', update }])) as [
    { code: string; update: string },
  ]
  expect(edit.code).toBe('update-too-large')
  expect(Uint8Array.from(atob(edit.update), (character) => character.charCodeAt(0))).toEqual(update)
})
