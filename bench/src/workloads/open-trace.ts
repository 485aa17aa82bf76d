/** Which traces a run uses. */
import { env } from 'node:process'
import { component, generateTrace, paper } from './generated-trace.ts'
import { readRecordedTrace } from './recorded-trace.ts'
import type { Trace } from './trace.ts'

/** As many edits as the recorded trace has; `--quick` takes fewer. */
const EDITS = { full: 259_778, quick: 3000 } as const

/** The generated trace is the same in every run, so that numbers of two runs compare. */
const TRACE_SEED = 1

/** Of the trace with pasted blocks. */
const COMPONENT_EDITS = { full: 19_749, quick: 1000 } as const

/** The recorded trace of keystrokes where `SYNCLINE_TRACES` names the folder that has it, else a generated one. */
export function openTrace(scale: 'quick' | 'full'): Trace {
  const folder = tracesFolder()
  if (folder === undefined) return generateTrace(TRACE_SEED, EDITS[scale], paper)
  return readRecordedTrace(folder, 'automerge-paper', EDITS[scale])
}

/** The recorded trace with pasted blocks, or a generated one. */
export function openComponentTrace(scale: 'quick' | 'full'): Trace {
  const folder = tracesFolder()
  if (folder === undefined) return generateTrace(TRACE_SEED, COMPONENT_EDITS[scale], component)
  return readRecordedTrace(folder, 'sveltecomponent', COMPONENT_EDITS[scale])
}

/** Where recorded traces are; `undefined` where nobody said. */
export function tracesFolder(): string | undefined {
  const folder = env['SYNCLINE_TRACES']
  return folder === '' ? undefined : folder
}
