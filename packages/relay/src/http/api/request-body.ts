/** The body of a request as bytes, bounded in size and in time. */
import type { IncomingMessage } from 'node:http'
import type { CountedLimit } from '../../limit-outcomes.ts'
import type { Scheduler } from '../../scheduler.ts'
import { ApiProblem } from './problem.ts'

export interface BodyLimits {
  readonly bytesMax: number
  /** What `bytesMax` is called. */
  readonly limit: CountedLimit
  readonly timeoutMs: number
  readonly scheduler: Scheduler
}

/**
 * Reads the body whole. Rejects with `ApiProblem`: `unsupported-media-type`, `update-too-large` or `request-timeout`;
 * the connection is then of no more use, since the rest of the body may still come.
 */
export async function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Uint8Array> {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  if (type !== 'application/octet-stream') {
    const found = type === undefined ? 'it has no Content-Type' : `not ${type}`
    throw new ApiProblem('unsupported-media-type', `the body has to be application/octet-stream; ${found}`, closing)
  }
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > limits.bytesMax) throw tooLarge(limits)
  const chunks: Buffer[] = []
  let length = 0
  await new Promise<void>((resolve, reject) => {
    const cancel = limits.scheduler.after(limits.timeoutMs, () => {
      reject(
        new ApiProblem('request-timeout', `the body did not arrive within ${limits.timeoutMs} ms`, {
          ...closing,
          limit: 'apiTimeoutMs',
        }),
      )
    })
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      if (length > limits.bytesMax) reject(tooLarge(limits))
      else chunks.push(chunk)
    })
    request.on('end', () => resolve())
    const brokenOff = (cause?: unknown): void => {
      cancel()
      // After `end` this changes nothing any more.
      reject(new ApiProblem('malformed-message', 'the body ended early', { ...closing, cause }))
    }
    request.on('error', brokenOff)
    request.on('close', brokenOff)
  }).finally(() => request.removeAllListeners('data'))
  // One piece of memory of its own, which nobody else refers to.
  return new Uint8Array(Buffer.concat(chunks))
}

const closing = { headers: { Connection: 'close' } }

function tooLarge({ bytesMax, limit }: BodyLimits): ApiProblem {
  return new ApiProblem('update-too-large', `the body may have ${bytesMax} bytes`, { ...closing, limit })
}
