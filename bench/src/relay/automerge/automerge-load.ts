/** Clients of automerge-repo, as rows use them: a process of its own with many of them, and a crowd in such a process. */
import { Conversation } from '../../harness/conversation.ts'
import type { Crowd } from '../load/crowd.ts'
import type { LoadAnswers, LoadRequest } from './load-request.ts'

export type AutomergeLoad = Conversation<LoadRequest, LoadAnswers>

/** Starts the process; whoever starts it disposes of it. */
export function startAutomergeLoad(): Promise<AutomergeLoad> {
  return Conversation.start(new URL('load-child.js', import.meta.url), [], 'a load of automerge-repo')
}

export class AutomergeCrowd implements Crowd {
  readonly #load: AutomergeLoad

  private constructor(load: AutomergeLoad) {
    this.#load = load
  }

  static async join(url: string, rooms: number, keystrokesPerSecond: number): Promise<AutomergeCrowd> {
    const load = await startAutomergeLoad()
    try {
      await load.ask({ type: 'pair up', url, rooms, keystrokesPerSecond })
      return new AutomergeCrowd(load)
    } catch (error) {
      await load[Symbol.asyncDispose]()
      throw error
    }
  }

  async press(keystrokes: number): Promise<void> {
    await this.#load.ask({ type: 'press', keystrokes })
  }

  async start(): Promise<void> {
    await this.#load.ask({ type: 'press on' })
  }

  async settle(): Promise<number> {
    return (await this.#load.ask({ type: 'settle' })).pressed
  }

  async close(): Promise<void> {
    await this.#load[Symbol.asyncDispose]()
  }
}
