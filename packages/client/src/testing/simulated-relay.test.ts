import { relayContract } from './relay.contract.ts'
import { hostSimulatedRelay } from './simulated-relay.fixture.ts'

relayContract('the simulated relay', hostSimulatedRelay)
