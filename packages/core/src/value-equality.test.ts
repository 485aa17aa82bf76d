import { describe, expect, test } from 'vitest'
import { ByteWriter } from './byte-writer.ts'
import * as ContentKind from './content-kind.ts'
import { type Content } from './content.ts'
import { isSameValue } from './value-equality.ts'

const word = (text: string): number[] => [119, text.length, ...bytesOf(text)]
const entry = (key: string, value: readonly number[]): number[] => [key.length, ...bytesOf(key), ...value]
const object = (...entries: readonly (readonly number[])[]): number[] => [118, entries.length, ...entries.flat()]
const array = (...values: readonly (readonly number[])[]): number[] => [117, values.length, ...values.flat()]
const one = [125, 1]
const oneAsFloat32 = [124, 0x3f, 0x80, 0, 0]
const oneAsFloat64 = [123, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0]

describe('isSameValue', () => {
  test.each<[string, number[], number[]]>([
    ['the same bytes', word('a'), word('a')],
    ['a number in another width', one, oneAsFloat32],
    ['a number in double precision', oneAsFloat64, one],
    ['a negative number', [125, 0x41], [123, 0xbf, 0xf0, 0, 0, 0, 0, 0, 0]],
    ['a large integer', [125, 0x80, 0x01], [123, 0x40, 0x50, 0, 0, 0, 0, 0, 0]],
    ['keys in another order', object(entry('a', one), entry('b', [126])), object(entry('b', [126]), entry('a', one))],
    [
      'keys in another order, deep inside',
      array(object(entry('a', array(one)), entry('b', [120]))),
      array(object(entry('b', [120]), entry('a', array(oneAsFloat32)))),
    ],
  ])('sees through %s', (_what, a, b) => expect(isSameValue(any(a), any(b))).toBe(true))

  test.each<[string, number[], number[]]>([
    ['other text', word('a'), word('b')],
    ['another number', one, [125, 2]],
    ['true and false', [120], [121]],
    ['null and undefined', [126], [127]],
    ['a number and its text', one, word('1')],
    ['zero and minus zero', [125, 0], [125, 0x40]],
    ['another key', object(entry('a', one)), object(entry('b', one))],
    ['a key more', object(entry('a', one)), object(entry('a', one), entry('b', one))],
    ['an element more', array(one), array(one, one)],
    ['elements in another order', array(one, [126]), array([126], one)],
  ])('tells %s apart', (_what, a, b) => expect(isSameValue(any(a), any(b))).toBe(false))

  test.each<[string, ContentKind.Kind, number[], number[]]>([
    ['the length of bytes', ContentKind.binary, [2, 7, 8], [0x82, 0, 7, 8]],
    ['the reference of a type', ContentKind.type, [1], [0x81, 0]],
    ['the length of the name of a type', ContentKind.type, [3, 1, 112], [3, 0x81, 0, 112]],
    ['the length of text in a value', ContentKind.any, word('a'), [119, 0x81, 0, 97]],
    ['the length of bytes in a value', ContentKind.any, [116, 1, 9], [116, 0x81, 0x80, 0, 9]],
  ])('sees through %s in more bytes than needed, which a replica writes anew', (_what, kind, a, b) => {
    expect(isSameValue(content(kind, a), content(kind, b))).toBe(true)
  })

  test.each<[string, ContentKind.Kind, number[], number[]]>([
    ['other bytes', ContentKind.binary, [2, 7, 8], [2, 7, 9]],
    ['other types', ContentKind.type, [1], [2]],
    ['elements of other names', ContentKind.type, [3, 1, 112], [3, 1, 113]],
    ['bytes and text', ContentKind.any, [116, 1, 97], word('a')],
  ])('tells %s apart', (_what, kind, a, b) => {
    expect(isSameValue(content(kind, a), content(kind, b))).toBe(false)
  })

  test.each<[string, number[], number[]]>([
    [
      'an option that no client keeps',
      object(entry('meta', one), entry('title', word('x'))),
      object(entry('meta', one)),
    ],
    ['options at their defaults', object(entry('gc', [120]), entry('autoLoad', [121]), entry('meta', [126])), object()],
    ['an option that is as good as true', object(entry('autoLoad', one)), object(entry('autoLoad', [120]))],
    ['an option that is as good as false', object(entry('gc', [126])), object(entry('gc', [125, 0]))],
    ['an option that is undefined', object(entry('gc', [127])), object()],
  ])('sees through %s of a subdocument, which a replica does not write again', (_what, a, b) => {
    expect(isSameValue(subdocument('a', a), subdocument('a', b))).toBe(true)
    expect(isSameValue(subdocument('a', b), subdocument('a', a))).toBe(true)
  })

  test.each<[string, Content, Content]>([
    ['documents', subdocument('a', object()), subdocument('b', object())],
    ['documents with other data', subdocument('a', object(entry('meta', one))), subdocument('a', object())],
    ['a document that loads itself', subdocument('a', object(entry('autoLoad', [120]))), subdocument('a', object())],
    ['a document that keeps garbage', subdocument('a', object(entry('gc', [121]))), subdocument('a', object())],
  ])('tells %s apart', (_what, a, b) => expect(isSameValue(a, b)).toBe(false))

  test('compares JSON as a value too', () => {
    expect(isSameValue(embed('{"a":1,"b":[{"c":1,"d":2}]}'), embed('{ "b": [{"d":2,"c":1.0}], "a": 1 }'))).toBe(true)
    expect(isSameValue(embed('{"a":1}'), embed('[["a",1]]'))).toBe(false)
    expect(isSameValue(embed('[1,2]'), embed('[2,1]'))).toBe(false)
  })
})

function any(value: readonly number[]): Content {
  return content(ContentKind.any, value)
}

function content(kind: ContentKind.Kind, payload: readonly number[]): Content {
  return { kind, length: 1, payload: Uint8Array.from(payload), cut: 0 }
}

function subdocument(guid: string, options: readonly number[]): Content {
  return content(ContentKind.document, [guid.length, ...bytesOf(guid), ...options])
}

function embed(json: string): Content {
  const writer = new ByteWriter()
  writer.string(json)
  return { kind: ContentKind.embed, length: 1, payload: writer.finish(), cut: 0 }
}

function bytesOf(text: string): number[] {
  return Array.from(text, (character) => character.charCodeAt(0))
}
