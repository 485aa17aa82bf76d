import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fragmentOfRoom, inventRoomName, parseRoomName, roomOfFragment, roomOfInput } from './room-name.ts'

describe('an invented room name', () => {
  it('is two words and a tail, and is a name that can stand in the address as it is', () => {
    const name = inventRoomName((bytes) => bytes.fill(255))
    expect(name).toMatch(/^[a-z]+-[a-z]+-[2-9b-z]{8}$/)
    expect(fragmentOfRoom(name)).toBe(`#${name}`)
  })

  it('differs from the next one', () => {
    const random = (bytes: Uint8Array<ArrayBuffer>): Uint8Array => crypto.getRandomValues(bytes)
    const names = new Set(Array.from({ length: 100 }, () => inventRoomName(random)))
    expect(names.size).toBe(100)
  })
})

describe('the address of a room', () => {
  it('gives back the name that it was made from', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const name = parseRoomName(text)
        fc.pre(name !== undefined)
        expect(roomOfFragment(fragmentOfRoom(name))).toBe(name)
      }),
    )
  })

  it('leaves slashes readable', () => {
    expect(fragmentOfRoom('notes/welcome')).toBe('#notes/welcome')
  })

  it('takes a stray percent sign as written', () => {
    expect(roomOfFragment('#100%')).toBe('100%')
  })

  it('names no room when there is no fragment', () => {
    expect(roomOfFragment('')).toBeUndefined()
    expect(roomOfFragment('#')).toBeUndefined()
  })
})

describe('what is typed as a room', () => {
  it('may be a link to it', () => {
    expect(roomOfInput(' https://example.org/?relay=x#quiet-basalt ')).toBe('quiet-basalt')
    expect(roomOfInput('quiet-basalt')).toBe('quiet-basalt')
  })

  it.each(['', '   ', 'a\nb', 'a\u0000', '\ud800', 'é'.repeat(257)])(
    'is refused when it cannot be a name: %j',
    (input) => {
      expect(roomOfInput(input)).toBeUndefined()
    },
  )
})
