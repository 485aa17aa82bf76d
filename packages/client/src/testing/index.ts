/**
 * The entry `syncline/testing`: for tests of apps, offline, with latency, with conflicts, without a browser, a relay or a minute of real
 * time. Nothing here belongs into production.
 */

// A world in memory
export { Simulation, Visit, type SimulationOptions } from './simulation.ts'

// Its parts
export { ManualClock, NotReachedError } from './manual-clock.ts'
export {
  SimulatedNetwork,
  type Accept,
  type ServerEnd,
  type ServerEvents,
  type SimulatedNetworkOptions,
  type Told,
} from './simulated-network.ts'
export {
  SimulatedDevice,
  SimulatedDeviceStore,
  type SimulatedDeviceOptions,
  type StoreFault,
} from './simulated-device.ts'
export { SimulatedTab, SimulatedTabs } from './simulated-tabs.ts'
export {
  SimulatedRelay,
  simulatedRelayLimits,
  type PushRefusal,
  type SimulatedRelayOptions,
} from './simulated-relay.ts'
export type { SimulatedRelayLimits } from './relay-session.ts'
export type { RelayBackup } from './relay-log.ts'
