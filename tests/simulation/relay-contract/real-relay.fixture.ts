/** The real relay without its gateway, reached through a simulated network, in time that a test moves. */
import {
  AuthError,
  defaultLimits,
  inlineMerger,
  MemoryDisk,
  MemoryLog,
  RelayCore,
  type Authenticator,
  type FrameSocket,
} from '@syncline/relay'
import { FaultyLog } from '@syncline/relay/testing'
import { ManualClock } from '../../../packages/client/src/testing/manual-clock.ts'
import {
  SimulatedNetwork,
  type ServerEnd,
  type ServerEvents,
} from '../../../packages/client/src/testing/simulated-network.ts'
import type { HostedRelay, HostOptions } from '../../../packages/client/src/testing/relay.contract.ts'

interface Running {
  readonly core: RelayCore
  readonly log: MemoryLog
  readonly faults: FaultyLog
  readonly stopListening: () => void
  dead: boolean
}

export async function realRelay(options: HostOptions = {}): Promise<HostedRelay> {
  const clock = new ManualClock()
  const network = new SimulatedNetwork({ scheduler: clock, latencyMs: () => 1 })
  let disk = new MemoryDisk()
  let holding = false
  let epochs = 0

  function start(): Running {
    const log = new MemoryLog({ disk, newEpoch: () => (epochs += 1) })
    const faults = new FaultyLog(log)
    if (holding) faults.hold()
    const core = new RelayCore({
      log: faults,
      limits: { ...defaultLimits, updateBytesMax: options.updateBytesMax ?? defaultLimits.updateBytesMax },
      scheduler: {
        now: clock.now,
        wallNow: clock.now,
        every: (periodMs, run) => every(clock, periodMs, run),
        after: clock.after,
      },
      merger: inlineMerger,
      authenticator: authenticatorOf(options),
      authorize: undefined,
      agent: 'real',
      onEvent: () => {},
    })
    core.start()
    const running: Running = { core, log, faults, dead: false, stopListening: () => stopListening() }
    const stopListening = network.listen((end) => accept(running, end, clock))
    return running
  }

  let running = start()

  async function crash(): Promise<void> {
    running.dead = true
    running.stopListening()
    for (const client of network.clients) network.cut(client, 'client')
    await running.log.crash()
  }

  return {
    clock,
    network,
    restart: async () => {
      await crash()
      running = start()
    },
    backUp: () => disk.copy(),
    restore: async (backup) => {
      await crash()
      disk = (backup as MemoryDisk).copy()
      running = start()
    },
    holdFlushes: () => {
      holding = true
      running.faults.hold()
    },
    releaseFlushes: () => {
      holding = false
      running.faults.release()
    },
    failNextFlush: () => running.faults.failNext('append', 'full'),
    close: async () => {
      await crash()
    },
  }
}

function every(clock: ManualClock, periodMs: number, run: () => void): () => void {
  let cancel = (): void => {}
  const again = (): void => {
    cancel = clock.after(periodMs, () => {
      again()
      run()
    })
  }
  again()
  return () => cancel()
}

function authenticatorOf({ access, tokens = false }: HostOptions): Authenticator | undefined {
  if (access === undefined && !tokens) return undefined
  return {
    authenticate: async ({ token, address }) => {
      if (tokens && token !== 'good') throw new AuthError('invalid-token', 'not the good one')
      return {
        subject: 'somebody',
        expiresAt: undefined,
        grant: (room) => ({ access: access?.(room, address) ?? 'write' }),
      }
    },
  }
}

function accept(running: Running, end: ServerEnd, clock: ManualClock): ServerEvents | undefined {
  let givenBytes = 0
  const socket: FrameSocket = {
    address: end.client,
    get bufferedBytes() {
      return end.bufferedBytes
    },
    get takenBytes() {
      return givenBytes - end.bufferedBytes
    },
    get receivedBytes() {
      return end.receivedBytes
    },
    // Its network brings frames whole.
    partBytes: 0,
    send: (frame, onSent) => {
      if (running.dead) return
      givenBytes += frame.length
      end.send(frame, () => {
        if (!running.dead) onSent()
      })
    },
    ping: () => {},
    close: (code, reason) => {
      if (running.dead) return
      end.close(code, reason)
      clock.after(30_000, () => end.terminate())
    },
    terminate: () => end.terminate(),
    pause: () => end.pause(),
    resume: () => end.resume(),
  }
  const connection = running.core.accept(socket)
  return (
    connection && {
      frame: (frame) => {
        if (!running.dead) connection.receive(frame)
      },
      closed: () => {
        if (!running.dead) connection.lost()
      },
    }
  )
}
