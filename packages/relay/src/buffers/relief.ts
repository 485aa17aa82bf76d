/**
 * Whom it takes to bring down what a relay's buffers hold: which connections are not read for a while, and which have
 * to go. Pure; costs a look at each connection, and to put them in order.
 */

/** What one connection makes the relay hold. */
export interface BufferLoad {
  /** Pushed, and without a verdict. */
  readonly settlingBytes: number
  /** Queued for its socket, or arriving from it. */
  readonly stuckBytes: number
  /** Of that, what is part of a frame that is not whole. */
  readonly partBytes: number
  /** Whether there is less stuck than a tick ago. */
  readonly drains: boolean
  /** Whether something is queued for longer than a socket may be slow, and is taken too slowly. */
  readonly isStill: boolean
}

export interface Loaded {
  readonly load: BufferLoad
}

/** The heaviest connections, as many as it takes until the others hold `bytesMax` at the most. Heaviest first. */
export function heaviest<C extends Loaded>(connections: Iterable<C>, bytesMax: number): readonly C[] {
  const weighed = [...connections]
    .map((connection) => ({ connection, bytes: connection.load.settlingBytes + connection.load.stuckBytes }))
    .filter(({ bytes }) => bytes > 0)
    .toSorted((a, b) => b.bytes - a.bytes)
  let left = weighed.reduce((sum, { bytes }) => sum + bytes, 0)
  return weighed
    .filter(({ bytes }) => {
      const isNeeded = left > bytesMax
      left -= bytes
      return isNeeded
    })
    .map(({ connection }) => connection)
}

/** The connection whose frame has come furthest: if nobody is read, no frame becomes whole, and none can settle. */
export function furthest<C extends Loaded>(connections: Iterable<C>): C | undefined {
  let found: { readonly connection: C; readonly partBytes: number } | undefined
  for (const connection of connections) {
    const { partBytes } = connection.load
    if (partBytes > (found?.partBytes ?? 0)) found = { connection, partBytes }
  }
  return found?.connection
}

/**
 * Nobody is ended for less who takes what it is sent: one read of a socket brings as much, and the relay itself may be why it
 * reads no further. Frames that do not become whole end by themselves (connection/arriving-frame.ts).
 */
const STUCK_BYTES_MIN = 128 * 1024

/**
 * The connections to end, of all: those with the most stuck that does not drain, until what is stuck in those that have
 * more than {@link STUCK_BYTES_MIN}, or are still, is `bytesMax` at the most. `stuckBytes` is what is stuck in all, of which
 * connections may share some. `patient`: whoever drains, however slowly, is let off, and so is whoever has little.
 */
export function stuckMost<C extends Loaded>(
  connections: Iterable<C>,
  stuckBytes: number,
  bytesMax: number,
  patient: boolean,
): readonly C[] {
  if (stuckBytes <= bytesMax) return []
  let left = stuckBytes
  const candidates: { readonly connection: C; readonly load: BufferLoad }[] = []
  for (const connection of connections) {
    const { load } = connection
    if (load.stuckBytes <= STUCK_BYTES_MIN && (patient || !load.isStill)) left -= load.stuckBytes
    else if (!(patient && load.drains)) candidates.push({ connection, load })
  }
  return candidates
    .toSorted((a, b) => b.load.stuckBytes - a.load.stuckBytes)
    .filter(({ load }) => {
      const isNeeded = left > bytesMax
      left -= load.stuckBytes
      return isNeeded
    })
    .map(({ connection }) => connection)
}
