/** Which trace a run uses. */
import { env } from 'node:process'
import { generateTrace } from './generated-trace.ts'
import { readRecordedTrace } from './recorded-trace.ts'
import type { Trace } from './trace.ts'

/** As many edits as the recorded trace has; `--quick` takes fewer. */
const EDITS = { full: 259_778, quick: 12_000 } as const

/** The generated trace is the same in every run, so that numbers of two runs compare. */
const TRACE_SEED = 1

/** The recorded trace where `SYNCLINE_TRACES` names the folder that has it, else a generated one. */
export function openTrace(scale: 'quick' | 'full'): Trace {
  const folder = env['SYNCLINE_TRACES']
  if (folder === undefined || folder === '') return generateTrace(TRACE_SEED, EDITS[scale])
  return readRecordedTrace(folder, EDITS[scale])
}
