/** What a mutant is run with: see judge-mutants.ts. */
export { planTrace } from './plan.ts'
export { shrink } from './shrink.ts'
export { runTrace } from './world.ts'
