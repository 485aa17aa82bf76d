import { describe, expect, it } from 'vitest'
import { Doc, encodeStateAsUpdate } from 'yjs'
import { LAST_WORDS_BYTES_MAX, StringLastWords, type StringStore } from './last-words.ts'
import { MemoryStrings } from './memory-strings.fixture.ts'

function update(text: string): Uint8Array {
  const doc = new Doc()
  doc.getText('text').insert(0, text)
  return encodeStateAsUpdate(doc)
}

describe('last words', () => {
  it('are found as they were left, under a key each, until they are forgotten', () => {
    const strings = new MemoryStrings()
    const words = new StringLastWords(strings, 'app')
    const first = { key: 'a', room: 'notes/ä', update: update('first') }
    words.keep({ key: 'b', room: 'x', update: update('replaced') })
    words.keep(first)
    const second = { key: 'b', room: 'x', update: update('second') }
    words.keep(second)
    expect(new Set(new StringLastWords(strings, 'app').all())).toEqual(new Set([first, second]))
    expect(new StringLastWords(strings, 'other').all()).toEqual([])
    words.forget(first)
    words.forget({ ...first, key: 'never kept' })
    words.forget({ ...second, update: update('replaced') })
    expect(words.all()).toEqual([second])
  })

  it('that do not fit are not kept, and nobody hears of it', () => {
    const strings = new MemoryStrings()
    const words = new StringLastWords(strings, 'app')
    words.keep({ key: 'a', room: 'x', update: update('x'.repeat(20_000)) })
    strings.charactersMax = Number.POSITIVE_INFINITY
    words.keep({ key: 'b', room: 'x', update: update('x'.repeat(LAST_WORDS_BYTES_MAX)) })
    expect(words.all()).toEqual([])
  })

  it('that were damaged, or are somebody else’s, are passed over and left alone', () => {
    const strings = new MemoryStrings()
    const words = new StringLastWords(strings, 'app')
    words.keep({ key: 'a', room: 'x', update: update('a') })
    const whole = strings.getItem('syncline:app:unstored:a')!
    for (const value of [
      '',
      'null',
      '3',
      '{}',
      '{"room":3,"update":""}',
      '{"room":"x","update":"%"}',
      whole.slice(0, 30),
    ]) {
      strings.values.set(`syncline:app:unstored:${value}`, value)
    }
    strings.values.set('syncline:app:unstored:no update', '{"room":"x","update":"AAAA/w=="}')
    strings.values.set('theme', 'dark')
    const before = strings.length
    expect(words.all().map(({ key }) => key)).toEqual(['a'])
    expect(strings.length).toBe(before)
  })

  it('are nowhere where the browser throws', () => {
    const forbidden = new Proxy({} as StringStore, {
      get: () => {
        throw new DOMException('switched off', 'SecurityError')
      },
    })
    const words = new StringLastWords(forbidden, 'app')
    words.keep({ key: 'a', room: 'x', update: update('a') })
    words.forget({ key: 'a', room: 'x', update: update('a') })
    expect(words.all()).toEqual([])
  })
})
