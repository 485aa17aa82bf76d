/** The relays that are compared: ours on a real disk, the bare broadcast, and ours without the disk, which tells their costs apart. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { OURS } from '../harness/bench.ts'
import { joinBareRoom } from './bare-member.ts'
import type { Member, Role } from './member.ts'
import { ServerProcess, type ServerUsage } from './server-process.ts'
import { joinSynclineRoom } from './syncline-member.ts'

export const BARE = 'bare ws'
/** The same relay, its log in memory: its acks promise nothing. */
export const WITHOUT_DISK = 'without disk'

/** A relay under load. */
export interface RelaySubject extends AsyncDisposable {
  readonly subject: string
  /** Whether a room's updates can be had by somebody who comes later. */
  readonly stores: boolean
  join(room: string, role: Role): Promise<Member>
  usage(): Promise<ServerUsage>
}

/** Starts one server of each kind. They idle while they are not asked. */
export async function startSubjects(): Promise<RelaySubject[]> {
  const started: RelaySubject[] = []
  try {
    started.push(await startSyncline(OURS, 'disk'))
    started.push(await startBare())
    started.push(await startSyncline(WITHOUT_DISK, 'memory'))
    return started
  } catch (error) {
    await closeSubjects(started)
    throw error
  }
}

export async function closeSubjects(subjects: readonly RelaySubject[]): Promise<void> {
  for (const subject of subjects) await subject[Symbol.asyncDispose]()
}

/** A new folder where the benches' logs are: the system's place for temporary files, which `TMPDIR` moves to another disk. */
export function temporaryFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'syncline-bench-'))
}

async function startBare(): Promise<RelaySubject> {
  const server = await ServerProcess.start(new URL('bare-relay.js', import.meta.url), [])
  return {
    subject: BARE,
    stores: false,
    join: (room, role) => joinBareRoom(server.url, room, role),
    usage: () => server.usage(),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

async function startSyncline(subject: string, log: 'disk' | 'memory'): Promise<RelaySubject> {
  const folder = log === 'disk' ? await temporaryFolder() : undefined
  const module = new URL('syncline-relay.js', import.meta.url)
  const removeFolder = async (): Promise<void> => {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  }
  let server: ServerProcess
  try {
    server = await ServerProcess.start(module, folder === undefined ? [] : [folder])
  } catch (error) {
    await removeFolder()
    throw error
  }
  return {
    subject,
    stores: true,
    join: (room) => joinSynclineRoom(server.url, room),
    usage: () => server.usage(),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await removeFolder()
    },
  }
}
