/**
 * A sync server of automerge-repo, run as a child process, put together as the one that its authors publish: the parameter is a folder that it stores
 * to, and it shares a document with whoever names it.
 */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { argv } from 'node:process'
import { Repo, type PeerId } from '@automerge/automerge-repo'
import { WebSocketServerAdapter } from '@automerge/automerge-repo-network-websocket'
import { NodeFSStorageAdapter } from '@automerge/automerge-repo-storage-nodefs'
import { WebSocketServer } from 'ws'
import { serveBench } from './server-child.ts'

const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 })
await once(sockets, 'listening')
const repo = new Repo({
  // Its types are of another version of those of `ws`.
  network: [new WebSocketServerAdapter(sockets as unknown as ConstructorParameters<typeof WebSocketServerAdapter>[0])],
  storage: new NodeFSStorageAdapter(argv[2]),
  peerId: 'server' as PeerId,
  sharePolicy: async () => false,
})

serveBench({
  url: `ws://127.0.0.1:${(sockets.address() as AddressInfo).port}`,
  logStats: () => ({ flushes: 0, entries: 0 }),
  close: () => repo.shutdown(),
})
