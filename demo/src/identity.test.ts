import { describe, expect, it } from 'vitest'
import { initials, inventIdentity, nameLengthMax, parseIdentity, parseName } from './identity.ts'

describe('an identity', () => {
  it('that was made up is one that is accepted', () => {
    for (const value of [0, 0.5, 0.999]) {
      const identity = inventIdentity(() => value)
      expect(parseIdentity(JSON.parse(JSON.stringify(identity)))).toEqual(identity)
    }
  })

  it.each([
    undefined,
    null,
    'Ada',
    {},
    { name: 'Ada' },
    { name: ' ', colour: '#112233' },
    { name: 'Ada', colour: 'red' },
  ])('is refused when it is %j', (found) => expect(parseIdentity(found)).toBeUndefined())
})

describe('a name', () => {
  it('is one line without characters that turn or hide the text around them', () => {
    expect(parseName('Ada\n\u202eLovelace\u200b')).toBe('Ada Lovelace')
  })

  it('is cut to fit a label, never through a character', () => {
    const name = parseName('👩'.repeat(40))!
    expect(name.length).toBeLessThanOrEqual(nameLengthMax)
    expect(name).toBe('👩'.repeat(nameLengthMax / 2))
  })

  it('is shortened to the first letters of its first and last word', () => {
    expect(initials('Ada King Lovelace')).toBe('AL')
    expect(initials('ada')).toBe('A')
    expect(initials('👩 Ada')).toBe('👩A')
  })
})
