/**
 * Makes a failing sequence small: parts are left out, large ones first, for as long as it fails in the same way; then numbers become
 * zero where that changes nothing. Steps mean something else when others are missing, so that shrinking them one by one, as
 * fast-check does, ends too early.
 */

/** How often a sequence is tried at most: a slow failure is shown larger than it has to be. */
const ATTEMPTS_MAX = 3000

/** `fails` says whether a sequence fails in the way that is looked for. `steps` does. */
export function smallestFailure<Step extends object>(
  steps: readonly Step[],
  fails: (steps: readonly Step[]) => boolean,
): readonly Step[] {
  let smallest = steps
  let attempts = 0
  const isSmaller = (candidate: readonly Step[]): boolean => {
    if (attempts++ >= ATTEMPTS_MAX || !fails(candidate)) return false
    smallest = candidate
    return true
  }
  const leaveOut = (): void => {
    for (let size = Math.ceil(smallest.length / 2); size > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let at = smallest.length - size; at >= 0; at -= size) {
        if (at + size <= smallest.length) isSmaller(smallest.toSpliced(at, size))
      }
    }
  }
  for (let length = -1; length !== smallest.length;) {
    length = smallest.length
    leaveOut()
  }
  for (let at = 0; at < smallest.length; at++) {
    for (const key of Object.keys(smallest.at(at)!)) {
      if ((smallest.at(at) as Record<string, unknown>)[key] === 0) continue
      isSmaller(smallest.with(at, { ...smallest.at(at)!, [key]: 0 }))
    }
  }
  return smallest
}
