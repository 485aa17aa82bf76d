/** Who somebody is to the others in a room: a name and a colour, made up at first, theirs to change, kept on the device. */
import { palette, parseHexColour, type HexColour } from './colour.ts'

export interface Identity {
  readonly name: string
  readonly colour: HexColour
}

/** UTF-16 code units of a name; what the field for it takes. */
export const nameLengthMax = 32

const moods = ['Curious', 'Gentle', 'Jolly', 'Keen', 'Merry', 'Nimble', 'Patient', 'Quiet', 'Sunny', 'Witty'] as const
const animals = ['Badger', 'Crane', 'Finch', 'Fox', 'Heron', 'Lynx', 'Marten', 'Otter', 'Raven', 'Wren'] as const

/** `random` gives numbers in 0 ≤ x < 1. */
export function inventIdentity(random: () => number): Identity {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)]!
  return { name: `${pick(moods)} ${pick(animals)}`, colour: pick(palette).hex }
}

/** The identity from whatever this device stored, or a peer sent; `undefined` when it is none. */
export function parseIdentity(found: unknown): Identity | undefined {
  if (typeof found !== 'object' || found === null) return undefined
  const { name, colour } = found as Record<string, unknown>
  const parsedName = parseName(name)
  const parsedColour = parseHexColour(colour)
  return parsedName === undefined || parsedColour === undefined ? undefined : { name: parsedName, colour: parsedColour }
}

/** A name that fits on a label: one line, not empty, cut at {@link nameLengthMax}. */
export function parseName(found: unknown): string | undefined {
  if (typeof found !== 'string') return undefined
  // Control and formatting characters out: a name must not turn the text around it (U+202E) or hide. Joiners stay, since
  // Persian names and many emoji are written with them.
  const name = found
    .slice(0, 1024)
    .replaceAll(/(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return name === '' ? undefined : cutText(name, nameLengthMax).trim()
}

/** One or two letters for an avatar. */
export function initials(name: string): string {
  const words = name.split(' ')
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].flatMap((word) => firstCharacter(word ?? ''))
  return letters.join('').toUpperCase()
}

function firstCharacter(word: string): string[] {
  const [first] = word
  return first === undefined ? [] : [first]
}

/** At most `lengthMax` code units, never half a surrogate pair. */
function cutText(text: string, lengthMax: number): string {
  let cut = ''
  for (const character of text) {
    if (cut.length + character.length > lengthMax) break
    cut += character
  }
  return cut
}
