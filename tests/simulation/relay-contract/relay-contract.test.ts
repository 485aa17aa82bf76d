/**
 * The relay that apps test with (`syncline/testing`) and the real one: held to one contract, and to the same account, message by message, of
 * random histories.
 */
import { assert, asyncProperty } from 'fast-check'
import { expect, test } from 'vitest'
import { relayContract } from '../../../packages/client/src/testing/relay.contract.ts'
import { hostSimulatedRelay } from '../../../packages/client/src/testing/simulated-relay.fixture.ts'
import { accountOf, histories } from './random-history.fixture.ts'
import { realRelay } from './real-relay.fixture.ts'

const RUNS = 60

relayContract('the real relay', realRelay)

test('both relays give the same account of random histories', async () => {
  await assert(
    asyncProperty(histories(), async (steps) => {
      const simulated = await accountOf(await hostSimulatedRelay(), steps)
      const real = await accountOf(await realRelay(), steps)
      expect(simulated).toEqual(real)
    }),
    { numRuns: RUNS },
  )
})
