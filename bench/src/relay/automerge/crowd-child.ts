/**
 * People who type in many documents of automerge-repo, two in each, run as a child process: its protocol is spoken by its own library, a repository and a connection
 * for each person.
 */
import { splice } from '@automerge/automerge'
import { Repo, type DocHandle } from '@automerge/automerge-repo'
import { WebSocketClientAdapter } from '@automerge/automerge-repo-network-websocket'
import { setTimeout as sleep } from 'node:timers/promises'
import { check } from '../../harness/bench.ts'
import { converse } from '../../harness/conversation.ts'
import type { CrowdAnswers, CrowdRequest } from './crowd-request.ts'
import { found, type Notes } from './found.ts'

const TICK_MS = 5
const SETTLES_WITHIN_MS = 60_000
const LOOK_EVERY_MS = 20

let people: readonly DocHandle<Notes>[] = []
let perSecond = 0
let pressed = 0
let timer: NodeJS.Timeout | undefined

async function answer(request: CrowdRequest): Promise<CrowdAnswers[CrowdRequest['type']]> {
  switch (request.type) {
    case 'join': {
      perSecond = request.keystrokesPerSecond * request.rooms * 2
      const pairs = []
      for (let room = 0; room < request.rooms; room++) pairs.push(await joinPair(request.url))
      people = pairs.flat()
      return {}
    }
    case 'press':
      await new Promise<void>((resolve) => pressUpTo(pressed + request.keystrokes * people.length, resolve))
      return {}
    case 'start':
      pressUpTo(Infinity, () => {})
      return {}
    case 'settle':
      clearInterval(timer)
      await settled()
      return { pressed }
    default:
      return request satisfies never
  }
}

async function joinPair(url: string): Promise<DocHandle<Notes>[]> {
  const first = (await repository(url)).create<Notes>({ text: '' })
  const second = await found(await repository(url), first.url)
  return [first, second]
}

async function repository(url: string): Promise<Repo> {
  const adapter = new WebSocketClientAdapter(url)
  const repo = new Repo({ network: [adapter] })
  await adapter.whenReady()
  return repo
}

/** Evenly over time, in turns. What is late is made up for. */
function pressUpTo(end: number, done: () => void): void {
  const first = pressed
  const start = performance.now()
  timer = setInterval(() => {
    const due = Math.min(end, first + ((performance.now() - start) / 1000) * perSecond)
    while (pressed < due) {
      const handle = people[pressed % people.length]!
      handle.change((draft) => splice(draft, ['text'], 0, 0, String.fromCharCode(97 + (pressed % 26))))
      pressed++
    }
    if (pressed < end) return
    clearInterval(timer)
    done()
  }, TICK_MS)
}

/** Both of every pair have the same, and as much as they have typed. */
async function settled(): Promise<void> {
  const lengths = people.map((_, person) => typedBy(person) + typedBy(person ^ 1))
  for (const start = performance.now(); ; await sleep(LOOK_EVERY_MS)) {
    if (people.every((handle, person) => handle.doc().text.length === lengths[person])) break
    check(performance.now() - start < SETTLES_WITHIN_MS, 'a crowd of automerge-repo: delivery of what it typed')
  }
  for (let person = 0; person < people.length; person += 2) {
    check(
      people[person]!.doc().text === people[person + 1]!.doc().text,
      'a crowd of automerge-repo: two in one room have different texts',
    )
  }
}

function typedBy(person: number): number {
  return Math.ceil((pressed - person) / people.length)
}

converse(answer)
