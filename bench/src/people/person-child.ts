/** A person, run as a child process: the parameter names the library that they use. Does what it is asked, and ends with its parent. */
import { argv } from 'node:process'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { converse } from '../harness/conversation.ts'
import type { Library, LibraryName, SharedText } from './library.ts'
import { machineMs, type PersonAnswers, type PersonRequest } from './person-request.ts'
import { pauses, typedText } from './typed-text.ts'

const libraries: Readonly<Record<LibraryName, () => Promise<{ readonly library: Library }>>> = {
  syncline: () => import('./libraries/syncline.ts'),
  'y-websocket': () => import('./libraries/y-websocket.ts'),
  hocuspocus: () => import('./libraries/hocuspocus.ts'),
  bare: () => import('./libraries/bare.ts'),
  automerge: () => import('./libraries/automerge.ts'),
}

/** Edits that are made in one turn of the event loop: a program that makes many lets others have theirs. */
const EDITS_AT_ONCE = 16

const { library } = await libraries[argv[2] as LibraryName]()
let text: SharedText | undefined
let watched: Promise<Float64Array> | undefined

async function answer(request: PersonRequest): Promise<PersonAnswers[PersonRequest['type']]> {
  switch (request.type) {
    case 'open':
      text = await library.open(request)
      return { room: text.room }
    case 'type':
      return { at: await type(opened(), request.seed, request.keystrokes, request.everyMs) }
    case 'watch':
      watched = watch(opened(), request.characters)
      return {}
    case 'seen':
      return { at: await watched! }
    case 'edit':
      for (const [index, { position, deleted, inserted }] of request.edits.entries()) {
        opened().edit(request.from + position, deleted, inserted)
        if (index % EDITS_AT_ONCE === 0) await setImmediate()
      }
      return {}
    case 'wait':
      return { at: await isLong(opened(), request.length) }
    case 'go offline':
      opened().goOffline()
      return {}
    case 'go online': {
      const from = machineMs()
      opened().goOnline()
      return { from, at: await isLong(opened(), request.length) }
    }
    case 'read':
      return { text: opened().text() }
    case 'close':
      await text?.close()
      text = undefined
      return {}
    default:
      return request satisfies never
  }
}

function opened(): SharedText {
  if (text === undefined) throw new Error('a person who is in no room is asked for its text')
  return text
}

async function type(into: SharedText, seed: number, keystrokes: number, everyMs: number): Promise<Float64Array> {
  const at = new Float64Array(keystrokes)
  const typed = typedText(seed, keystrokes)
  for (const [index, pause] of pauses(seed, keystrokes, everyMs).entries()) {
    await sleep(pause)
    at[index] = machineMs()
    into.edit(into.length, 0, typed[index]!)
  }
  return at
}

function watch(shown: SharedText, characters: number): Promise<Float64Array> {
  const base = shown.length
  const at = new Float64Array(characters)
  let seen = 0
  return new Promise((resolve) => {
    shown.onChange = () => {
      const now = machineMs()
      const upTo = Math.min(characters, shown.length - base)
      while (seen < upTo) at[seen++] = now
      if (seen < characters) return
      shown.onChange = () => {}
      resolve(at)
    }
  })
}

/** When the text is so long. */
function isLong(shown: SharedText, length: number): Promise<number> {
  return new Promise((resolve) => {
    shown.onChange = () => {
      if (shown.length !== length) return
      shown.onChange = () => {}
      resolve(machineMs())
    }
    shown.onChange()
  })
}

converse(answer)
