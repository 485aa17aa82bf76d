/** What a typist types: the same for the same seed, so that whoever asked for it can check where it arrived. */
import { Random } from '../workloads/random.ts'

/** So many characters. */
export function typedText(seed: number, length: number): string {
  const random = new Random(seed, 'typist')
  return Array.from({ length }, () => String.fromCharCode(97 + random.below(26))).join('')
}

/** Milliseconds before each of so many keystrokes: between half of `everyMs` and one and a half times that, so that no clock of a server keeps step. */
export function pauses(seed: number, length: number, everyMs: number): number[] {
  const random = new Random(seed, 'pauses')
  return Array.from({ length }, () => everyMs * (0.5 + random.fraction()))
}
