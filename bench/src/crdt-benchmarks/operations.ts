/** Edits as data: made once from a seed, done by every replica, and by a plain text or list that the replicas are compared with. */
import type { Json, Replica } from '../subjects/subject.ts'
import type { Random } from '../workloads/random.ts'

/** One transaction. */
export type Operation =
  | { readonly kind: 'insert text'; readonly at: number; readonly text: string }
  | { readonly kind: 'delete text'; readonly at: number; readonly length: number }
  | { readonly kind: 'insert values'; readonly at: number; readonly values: readonly Json[] }

export function perform(replica: Replica, operation: Operation): void {
  switch (operation.kind) {
    case 'insert text':
      replica.insertText(operation.at, operation.text)
      return
    case 'delete text':
      replica.deleteText(operation.at, operation.length)
      return
    case 'insert values':
      replica.insertValues(operation.at, operation.values)
      return
    default:
      operation satisfies never
  }
}

/** What a text of `start` is after the operations. */
export function textAfter(operations: readonly Operation[], start = ''): string {
  let text = start
  for (const operation of operations) {
    if (operation.kind === 'insert text') {
      text = text.slice(0, operation.at) + operation.text + text.slice(operation.at)
    } else if (operation.kind === 'delete text') {
      text = text.slice(0, operation.at) + text.slice(operation.at + operation.length)
    }
  }
  return text
}

/** What an empty list is after the operations. */
export function valuesAfter(operations: readonly Operation[]): Json[] {
  const values: Json[] = []
  for (const operation of operations) {
    if (operation.kind === 'insert values') values.splice(operation.at, 0, ...operation.values)
  }
  return values
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

/** Random letters. */
export function letters(random: Random, count: number): string {
  return Array.from({ length: count }, () => LETTERS[random.below(LETTERS.length)]).join('')
}

/** As long as words are. */
export function word(random: Random): string {
  return letters(random, 2 + random.below(8))
}

/** `count` insertions, each of what `content` makes and anywhere in the text that those before it left. */
export function insertionsAnywhere(
  random: Random,
  count: number,
  content: () => string,
  startLength = 0,
): readonly Operation[] {
  let length = startLength
  return Array.from({ length: count }, () => {
    const operation = { kind: 'insert text', at: random.below(length + 1), text: content() } as const
    length += operation.text.length
    return operation
  })
}

/** `count` operations anywhere, about half of which insert a word and the others delete a few characters. */
export function insertionsAndDeletions(random: Random, count: number, startLength = 0): readonly Operation[] {
  let length = startLength
  return Array.from({ length: count }, (): Operation => {
    if (length > 0 && random.chance(0.5)) {
      const at = random.below(length)
      const deleted = Math.min(length - at, 1 + random.below(9))
      length -= deleted
      return { kind: 'delete text', at, length: deleted }
    }
    const text = word(random)
    const at = random.below(length + 1)
    length += text.length
    return { kind: 'insert text', at, text }
  })
}
