/** `npm run simulate`: runs simulated worlds. What follows `--` reaches them; tests/simulation/simulate.ts says what there is. */
import { withSimulation } from './simulation.js'

process.exitCode = await withSimulation(async (load) => {
  const { simulate } = await load('simulate.ts')
  return simulate(process.argv.slice(2), load)
})
