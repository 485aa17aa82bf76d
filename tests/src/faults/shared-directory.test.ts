/** Two relays and one data directory: the second one is refused with a line that says why, whatever its process ID is. */
import { afterEach, expect, test } from 'vitest'
import { RelayProcess, dataFolder } from '../relay-process.fixture.ts'
import { needsRoot } from './as-root.fixture.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function start(data: string, within: readonly string[] = []): Promise<RelayProcess> {
  const relay = await RelayProcess.start(['--port', '0', '--data', data], {}, within)
  cleanups.push(() => relay.kill())
  return relay
}

test('a second relay is refused at once, and names the first; when that is gone, the next one serves', async () => {
  const data = await dataFolder()
  cleanups.push(() => data.remove())
  const first = await start(data.path)
  await expect(start(data.path)).rejects.toThrow(`is held by another relay (process ${first.pid})`)
  // A stopped one is not gone.
  first.pause()
  await expect(start(data.path)).rejects.toThrow(`process ${first.pid}`)
  await first.kill()
  await start(data.path)
})

test('of two relays with the same process ID, as in two containers, the second one is refused after a bounded wait', async (context) => {
  const container = ['unshare', '--pid', '--fork', '--kill-child']
  const within = [...needsRoot(context, 'relays in process ID namespaces', [...container, 'true']), ...container]
  const data = await dataFolder()
  cleanups.push(() => data.remove())
  const first = await start(data.path, within)
  const refused = start(data.path, within)
  await expect(refused).rejects.toThrow('the relay exited with 1')
  await expect(refused).rejects.toThrow(/is held by another relay \(process 1, an ID that this one has, too/)
  await first.kill()
  await start(data.path, within)
})
