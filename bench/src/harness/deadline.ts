/** Waiting with an end: what should have happened by then has gone wrong. */

/** The result of `work`, or an error that names `what` once `timeoutMs` milliseconds have passed. Does not stop the work. */
export async function within<Result>(work: Promise<Result>, timeoutMs: number, what: string): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not happen in ${timeoutMs} ms`)), timeoutMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
