/** A field of a client's message that is longer than a limit of this relay allows: bytes that did not decode, and why. */
import { DecodeError } from '@syncline/core'
import type { CountedLimit } from '../limit-outcomes.ts'

export class OverLimit extends DecodeError {
  readonly limit: CountedLimit

  /** `offset`: the byte at which the field begins. */
  constructor(limit: CountedLimit, offset: number, detail: string) {
    super('limit-exceeded', offset, detail)
    this.limit = limit
  }
}

/** Which limit of the relay bytes that did not decode went beyond; `undefined` if that is not what is wrong with them. */
export function limitOf(error: unknown): CountedLimit | undefined {
  return error instanceof OverLimit ? error.limit : undefined
}
