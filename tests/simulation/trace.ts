/**
 * A run, as data: what the world consists of, and what happens in it and when. Everything else follows: the latency of each frame
 * comes from `weather` and the name of what is on its way, not from what was drawn before it, so that an action taken away changes
 * little else. Traces outlive the generator (plan.ts): one that found a bug is kept in traces/.
 */
import { readdirSync, readFileSync } from 'node:fs'
import type { RelayLimits } from '@syncline/relay'
import type { ClientLimits } from '../../packages/client/src/limits.ts'

/** From … to, in ms. */
export type Span = readonly [fromMs: number, toMs: number]

export interface WorldConfig {
  readonly devices: number
  readonly rooms: number
  /** How many each device begins with. */
  readonly tabs: number
  /** Whether the relay authenticates. */
  readonly tokens: boolean
  /** How long a token is good; two minutes by default. */
  readonly tokenMs?: number
  /** Whether all devices are one person's; else each is of somebody of its own. Only with tokens. */
  readonly onePerson: boolean
  /** Devices that may only read, until the world is healed. Only with tokens. */
  readonly readers: readonly number[]
  /** Devices whose documents keep what is deleted. */
  readonly keepers: readonly number[]
  /** Devices whose documents are the core's; the others have Yjs's. */
  readonly onCore?: readonly number[]
  readonly networkMs: Span
  readonly relayDiskMs: Span
  readonly deviceMs: Span
  readonly tabsMs: Span
  readonly relayLimits: Partial<RelayLimits>
  readonly clientLimits: Partial<Record<keyof typeof ClientLimits, number>>
}

/**
 * What happens. Numbers name things by their place among those that there are at that moment, modulo how many that is; where there are
 * none, nothing happens.
 */
export type Action = { readonly at: number } & Deed

export type Deed =
  /** Someone writes; `what` chooses the kind of edit, `where` the place. */
  | OnTab<'insert', { readonly room: number; readonly where: number; readonly length: number }>
  | OnTab<'delete', { readonly room: number; readonly where: number; readonly length: number }>
  | OnTab<'set', { readonly room: number; readonly where: number }>
  | OnTab<'openRoom' | 'closeRoom', { readonly room: number }>
  /** A visit. `alien` speaks a version of the protocol that the relay does not. */
  | OnDevice<'openTab', { readonly alien?: boolean }>
  | OnTab<'closeTab' | 'hide' | 'wake' | 'freeze' | 'thaw' | 'offline' | 'online'>
  /** The tab ends at once: of its transactions, the first `kept` happen; of its frames, too. `hidden`: it was told in time. */
  | OnTab<'killTab', { readonly kept: number; readonly told: boolean; readonly hidden: boolean }>
  | OnDevice<'partition' | 'rejoin' | 'stallTo' | 'stallFrom'>
  | OnDevice<'cut', { readonly kept: number; readonly told: number }>
  /** What its tokens allow from the next join, or the next token, on; without tokens, nothing changes. */
  | OnDevice<'access', { readonly access: number }>
  | OnDevice<'skew', { readonly ms: number }>
  | OnDevice<'storeFails', { readonly fault: number; readonly count: number }>
  /** Everything stored is deleted: with the pages that are open, or under them. */
  | OnDevice<'wipeDevice' | 'clearDevice'>
  | OnDevice<'storeBroken' | 'storeHeals' | 'tokenExpires'>
  | OnRelay<'crash', { readonly kept: number; readonly told: boolean }>
  | OnRelay<'start' | 'restart' | 'holdDisk' | 'releaseDisk' | 'backUp' | 'skewRelay'>
  | OnRelay<'diskFails', { readonly fault: number; readonly count: number }>
  /** The relay crashes, and its disk is an older one, or a new one. */
  | OnRelay<'restore' | 'wipeDisk'>

type OnDevice<Type extends string, Fields = unknown> = { readonly type: Type; readonly device: number } & Fields
type OnTab<Type extends string, Fields = unknown> = OnDevice<Type, { readonly tab: number } & Fields>
type OnRelay<Type extends string, Fields = unknown> = { readonly type: Type } & Fields

export interface Trace {
  /** Whence it is; for people. */
  readonly from: string
  readonly weather: number
  readonly config: WorldConfig
  readonly actions: readonly Action[]
  /** How long the world runs, in ms, before it is healed. */
  readonly durationMs: number
}

export function readTrace(path: string | URL): Trace {
  return JSON.parse(readFileSync(path, 'utf8')) as Trace
}

/** The traces in traces/, by the names of their files. */
export function keptTraces(): readonly (readonly [name: string, trace: Trace])[] {
  const directory = new URL('./traces/', import.meta.url)
  const files = readdirSync(directory).filter((file) => file.endsWith('.json'))
  return files.sort().map((file) => [file, readTrace(new URL(file, directory))] as const)
}

/** One action a line: that is what people look at, and what changes when it shrinks. */
export function formatTrace({ from, weather, config, actions, durationMs }: Trace): string {
  const lines = actions.map((action) => `    ${JSON.stringify(action)}`)
  const fields = [
    `"from": ${JSON.stringify(from)}`,
    `"weather": ${weather}`,
    `"config": ${JSON.stringify(config)}`,
    `"durationMs": ${durationMs}`,
    `"actions": [\n${lines.join(',\n')}\n  ]`,
  ]
  return `{\n  ${fields.join(',\n  ')}\n}\n`
}
