/**
 * Hocuspocus 4, run as a child process with its defaults. Its SQLite extension downloads a compiled library when it is installed, so documents are
 * stored by a hook instead: the parameter names a folder, and each document is a file there that is written anew, flushed and renamed into
 * place. When that happens is the server's own affair.
 */
import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { argv } from 'node:process'
import { Server } from '@hocuspocus/server'
import * as Y from 'yjs'
import { serveBench } from './server-child.ts'

const folder = argv[2]!

const server = new Server({
  port: 0,
  address: '127.0.0.1',
  quiet: true,
  stopOnSignals: false,
  async onLoadDocument({ documentName, document }) {
    const stored = await readStored(fileOf(documentName))
    if (stored !== undefined) Y.applyUpdate(document, stored)
  },
  async onStoreDocument({ documentName, document }) {
    const path = fileOf(documentName)
    const file = await open(`${path}.new`, 'w')
    try {
      await file.writeFile(Y.encodeStateAsUpdate(document))
      await file.datasync()
    } finally {
      await file.close()
    }
    await rename(`${path}.new`, path)
  },
})
await server.listen()

serveBench({
  url: `ws://127.0.0.1:${server.address.port}`,
  logStats: () => ({ flushes: 0, entries: 0 }),
  // What it has not stored yet it stores for a while; the bench does not wait for that.
  close: async () => {},
})

function fileOf(documentName: string): string {
  return join(folder, encodeURIComponent(documentName))
}

async function readStored(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
