/**
 * Many clients of automerge-repo, run as a child process: its protocol is spoken by its own library, a repository and a connection for each of them. What
 * that costs is not the server's; it bounds how many there can be.
 */
import { setImmediate } from 'node:timers/promises'
import { splice } from '@automerge/automerge'
import type { AutomergeUrl, DocHandle } from '@automerge/automerge-repo'
import { check } from '../../harness/bench.ts'
import { converse } from '../../harness/conversation.ts'
import type { LoadAnswers, LoadRequest } from './load-request.ts'
import { connectRepository, found, type Notes } from './repository.ts'
import { TypingPairs } from './typing-pairs.ts'

/** Clients that connect at once. */
const CONNECTS_MAX = 32
/** Changes that are made in one turn of the event loop. */
const CHANGES_AT_ONCE = 16

let pairs: TypingPairs | undefined
let writer: DocHandle<Notes> | undefined
let readers: readonly DocHandle<Notes>[] = []
let brought: AutomergeUrl | undefined

async function answer(request: LoadRequest): Promise<LoadAnswers[LoadRequest['type']]> {
  switch (request.type) {
    case 'idle':
      await manyAtOnce(request.clients, CONNECTS_MAX, async () => {
        const { repo } = await connectRepository(request.url)
        repo.create<Notes>({ text: '' })
      })
      return {}
    case 'pair up':
      pairs = await TypingPairs.join(request.url, request.rooms, request.keystrokesPerSecond)
      return {}
    case 'press':
      await pairs!.press(request.keystrokes)
      return {}
    case 'press on':
      void pairs!.press(Infinity)
      return {}
    case 'settle':
      await pairs!.settle()
      return { pressed: pairs!.pressed }
    case 'gather': {
      const made = (await connectRepository(request.url)).repo.create<Notes>({ text: '' })
      writer = made
      readers = await manyAtOnce(request.readers, CONNECTS_MAX, async () =>
        found((await connectRepository(request.url)).repo, made.url),
      )
      return {}
    }
    case 'flood':
      return { ms: await flood(writer!, readers, request.characters) }
    case 'bring':
      for (let room = 0; room < request.rooms; room++) {
        const handle = (await connectRepository(request.url)).repo.import<Notes>(request.document)
        brought ??= handle.url
        // The server has it when somebody else gets it there.
        const witness = await connectRepository(request.url)
        await found(witness.repo, handle.url)
        await witness.repo.shutdown()
      }
      return {}
    case 'herd': {
      const url = brought!
      const joined = await manyAtOnce(request.joins, request.joins, async () =>
        found((await connectRepository(request.url)).repo, url),
      )
      const texts = new Set(joined.map((handle) => handle.doc().text))
      check(texts.size === 1, 'automerge-repo: who joined has another document')
      return {}
    }
    default:
      return request satisfies never
  }
}

/** So many results of `make`, so many of them under way at once. */
async function manyAtOnce<Made>(count: number, atOnce: number, make: () => Promise<Made>): Promise<Made[]> {
  const made: Made[] = []
  let left = count
  const work = async (): Promise<void> => {
    while (left-- > 0) made.push(await make())
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, work))
  return made
}

/** Milliseconds until all who read have what one writes. */
async function flood(from: DocHandle<Notes>, to: readonly DocHandle<Notes>[], characters: number): Promise<number> {
  const expected = from.doc().text.length + characters
  const start = performance.now()
  const delivered = to.map(
    (reader) =>
      new Promise<void>((resolve) => {
        const look = (): void => {
          if (reader.doc().text.length < expected) return
          reader.off('change', look)
          resolve()
        }
        reader.on('change', look)
      }),
  )
  for (let index = 0; index < characters; index++) {
    from.change((draft) => splice(draft, ['text'], draft.text.length, 0, String.fromCharCode(97 + (index % 26))))
    if (index % CHANGES_AT_ONCE === 0) await setImmediate()
  }
  await Promise.all(delivered)
  const ms = performance.now() - start
  const { text } = from.doc()
  check(
    to.every((reader) => reader.doc().text === text),
    'automerge-repo: a reader has something else than was written',
  )
  return ms
}

converse(answer)
