/** The simulated relay as the contract wants it. */
import { ManualClock } from './manual-clock.ts'
import type { RelayBackup } from './relay-log.ts'
import type { HostedRelay, HostOptions } from './relay.contract.ts'
import { SimulatedNetwork } from './simulated-network.ts'
import { SimulatedRelay } from './simulated-relay.ts'

export async function hostSimulatedRelay({
  access,
  tokens = false,
  updateBytesMax,
}: HostOptions = {}): Promise<HostedRelay> {
  const clock = new ManualClock()
  const network = new SimulatedNetwork({ scheduler: clock, latencyMs: () => 1 })
  const relay = new SimulatedRelay({
    network,
    scheduler: clock,
    limits: updateBytesMax === undefined ? {} : { updateBytesMax },
    ...(access === undefined ? {} : { access }),
    ...(tokens ? { accepts: (token: string | undefined) => token === 'good' } : {}),
  })
  return {
    clock,
    network,
    restart: async () => {
      relay.failFlushes(0)
      relay.restart()
    },
    backUp: () => relay.backUp(),
    restore: async (backup) => {
      relay.failFlushes(0)
      relay.restore(backup as RelayBackup)
    },
    holdFlushes: () => relay.holdFlushes(),
    releaseFlushes: () => relay.releaseFlushes(),
    failNextFlush: () => relay.failFlushes(relay.flushesToFail + 1),
    close: () => relay.close(),
  }
}
