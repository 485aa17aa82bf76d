/**
 * How much was done, counted and not timed: numbers and bytes that were read, and bytes of buffers that were allocated. So a test
 * can say that work is bounded by the input, on a machine that is busy with other things.
 */
import { ByteReader } from './byte-reader.ts'

export interface Work {
  /** Calls that read something: each steps over a number, a tag, a string or a view. */
  readonly reads: number
  /** Of all `Uint8Array`s that were made by length. */
  readonly allocatedBytes: number
}

const counted = ['uint8', 'varUint', 'view', 'skip', 'skipUtf8'] as const

/** Runs `work`, which does not wait, and counts. What it throws is thrown on, with nothing counted. */
export function workOf(work: () => void): Work {
  let reads = 0
  let allocatedBytes = 0
  const prototype = ByteReader.prototype
  const originals = counted.map((name) => [name, Object.getOwnPropertyDescriptor(prototype, name)!] as const)
  const Bytes = globalThis.Uint8Array
  for (const [name, descriptor] of originals) {
    const original = descriptor.value as (...given: unknown[]) => unknown
    const counting = function (this: ByteReader, ...given: unknown[]): unknown {
      reads++
      return original.apply(this, given)
    }
    Object.defineProperty(prototype, name, { ...descriptor, value: counting })
  }
  globalThis.Uint8Array = new Proxy(Bytes, {
    construct(target, given: [number], newTarget): object {
      if (typeof given[0] === 'number') allocatedBytes += given[0]
      return Reflect.construct(target, given, newTarget === globalThis.Uint8Array ? target : newTarget) as object
    },
  })
  try {
    work()
  } finally {
    globalThis.Uint8Array = Bytes
    for (const [name, descriptor] of originals) Object.defineProperty(prototype, name, descriptor)
  }
  return { reads, allocatedBytes }
}
