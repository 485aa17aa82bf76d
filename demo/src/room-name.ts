/**
 * The names of rooms: how one is made up, and how it stands in the address, as `/#name`. The fragment of a URL never reaches
 * a server's log, and any static host serves it. Whoever knows a name can enter, so made-up names cannot be guessed.
 */

/** UTF-8 bytes of a room's name; the bound of the wire protocol. */
const nameBytesMax = 512

const adjectives = [
  'amber',
  'brave',
  'bright',
  'calm',
  'clear',
  'crisp',
  'deep',
  'early',
  'fair',
  'folded',
  'gentle',
  'golden',
  'green',
  'hidden',
  'keen',
  'kind',
  'late',
  'light',
  'lively',
  'lucky',
  'mellow',
  'misty',
  'north',
  'old',
  'open',
  'plain',
  'quick',
  'quiet',
  'silver',
  'steady',
  'sunny',
  'wild',
] as const

const nouns = [
  'basalt',
  'bay',
  'brook',
  'canyon',
  'chalk',
  'cliff',
  'coast',
  'delta',
  'dune',
  'fern',
  'fjord',
  'flint',
  'garnet',
  'granite',
  'harbour',
  'heath',
  'island',
  'lagoon',
  'marble',
  'meadow',
  'moss',
  'opal',
  'pebble',
  'quartz',
  'reef',
  'ridge',
  'river',
  'shale',
  'slate',
  'spring',
  'summit',
  'valley',
] as const

/** No vowels, so that no words appear, and nothing that looks like something else. */
const tailAlphabet = '23456789bcdfghjkmnpqrstvwxz'

/** With the words, about 48 bits: nobody finds a room by trying names. */
const tailLength = 8

/** Fills `bytes` with randomness that cannot be guessed, as `crypto.getRandomValues` does. */
export type RandomBytes = (bytes: Uint8Array<ArrayBuffer>) => Uint8Array

/** A fresh name such as `quiet-basalt-7k3fzq2m`. */
export function inventRoomName(random: RandomBytes): string {
  const bytes = random(new Uint8Array(2 + tailLength))
  const pick = <Item>(items: ArrayLike<Item>, byte: number | undefined): Item => items[(byte ?? 0) % items.length]!
  const tail = Array.from(bytes.subarray(2), (byte) => pick(tailAlphabet, byte)).join('')
  return `${pick(adjectives, bytes[0])}-${pick(nouns, bytes[1])}-${tail}`
}

/** The room that a URL's fragment names, with or without its `#`; `undefined` when it names none. */
export function roomOfFragment(fragment: string): string | undefined {
  const encoded = fragment.replace(/^#/, '')
  try {
    return parseRoomName(decodeURIComponent(encoded))
  } catch {
    // A stray `%`: written by hand, so taken as written.
    return parseRoomName(encoded)
  }
}

/** The fragment for a room, `#` included. Slashes stay readable. */
export function fragmentOfRoom(name: string): string {
  return `#${encodeURIComponent(name).replaceAll('%2F', '/')}`
}

/** What somebody typed, or pasted, as the name of a room: a name, or a link to a room. `undefined` when it can be neither. */
export function roomOfInput(input: string): string | undefined {
  const link = /^https?:\/\/[^#]*#(?<fragment>.*)$/.exec(input.trim())
  return link?.groups === undefined ? parseRoomName(input) : roomOfFragment(link.groups['fragment'] ?? '')
}

/** The name without blanks around it, if it can be one: not empty, not too long, no control characters or half characters. */
export function parseRoomName(text: string): string | undefined {
  const name = text.trim()
  // oxlint-disable-next-line no-control-regex -- finding control characters is the point
  if (name === '' || /[\u0000-\u001f\u007f]|\p{Surrogate}/u.test(name)) return undefined
  return new TextEncoder().encode(name).length <= nameBytesMax ? name : undefined
}
