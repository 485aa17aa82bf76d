/**
 * How long a piece of work would take, told by smaller pieces of the same work: who would need minutes is refused before it begins, and the table
 * says for how long it would have been busy. A forecast decides who is asked; it is no result.
 */

/** A piece of work that was done, and the time that it took. */
export interface Piece {
  readonly size: number
  readonly ms: number
}

export interface Forecast {
  readonly ms: number
  /** The time grows with the size to this power: 1 is linear, 2 is quadratic. */
  readonly exponent: number
}

/** The first piece; each of the next is twice as large. */
const FIRST_SIZE = 100

/** A piece that takes this long is one to go by. What is left of the compiler's warm-up makes the forecast longer rather than shorter, … */
const PIECE_MS = { quick: 30, full: 60 } as const

/**
 * … so that a forecast that is longer than `fewMs` is made again of larger pieces: up to a share of the work where it is below `manyMs`, since time may begin to grow later;
 * else up to those that take so long.
 */
const SURE = { fewMs: 300, manyMs: 1000, share: 1 / 4 } as const
const LONG_PIECE_MS = { quick: 100, full: 300 } as const

/** Steeper than this is called quadratic. Sorting, and trees, stay below. */
const QUADRATIC_FROM = 1.4

/** Cold code makes small pieces slow, so that a piece may seem to cost less than its share. */
const EXPONENT_MIN = 1
const EXPONENT_MAX = 3

/**
 * Does pieces of growing size until one says enough of work of `size`. `work` does a piece of at most `size`, and returns the milliseconds that count of it.
 * `undefined` where half of the work and more takes no time worth a forecast.
 */
export function probed(
  work: (size: number) => number,
  size: number,
  scale: 'quick' | 'full' = 'full',
): Forecast | undefined {
  // Pieces of it would be as much work as all of it.
  if (size < 4 * FIRST_SIZE) return undefined
  let smaller: Piece | undefined
  for (let next = FIRST_SIZE; next < size; next *= 2) {
    const piece = { size: next, ms: work(next) }
    if (smaller !== undefined && piece.ms >= PIECE_MS[scale]) {
      const told = forecast(smaller, piece, size)
      const sureMs = next < size * SURE.share ? SURE.fewMs : SURE.manyMs
      if (told.ms <= sureMs || piece.ms >= LONG_PIECE_MS[scale]) return told
    }
    smaller = piece
  }
  return undefined
}

/** What work of `size` would take if it went on growing as between two pieces. */
export function forecast(smaller: Piece, larger: Piece, size: number): Forecast {
  const grown = Math.log(larger.ms / smaller.ms) / Math.log(larger.size / smaller.size)
  const exponent = Math.min(EXPONENT_MAX, Math.max(EXPONENT_MIN, Number.isNaN(grown) ? 1 : grown))
  return { ms: larger.ms * (size / larger.size) ** exponent, exponent }
}

/** Why work with this forecast is not done, for its place in the table: `quadratic: ~13 min`; `undefined` when it takes `allowanceMs` or less. */
export function refusal(told: Forecast | undefined, allowanceMs: number): string | undefined {
  if (told === undefined || told.ms <= allowanceMs) return undefined
  return `${told.exponent >= QUADRATIC_FROM ? 'quadratic' : 'slow'}: ~${formatDuration(told.ms)}`
}

/** What `work` costs this process, in milliseconds of processor time: a machine with other work to do is no reason to refuse any. */
export function costMs(work: () => unknown): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** As far as a forecast can be trusted: one digit, or two. */
function formatDuration(ms: number): string {
  const seconds = ms / 1000
  const [value, unit] = seconds < 100 ? [seconds, 's'] : seconds < 6000 ? [seconds / 60, 'min'] : [seconds / 3600, 'h']
  return `${Number(value.toPrecision(value < 10 ? 1 : 2))} ${unit}`
}
