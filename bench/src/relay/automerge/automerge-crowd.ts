/** A {@link Crowd} at a server of automerge-repo. */
import { Conversation } from '../../harness/conversation.ts'
import type { Crowd } from '../load/crowd.ts'
import type { CrowdAnswers, CrowdRequest } from './crowd-request.ts'

export class AutomergeCrowd implements Crowd {
  readonly #child: Conversation<CrowdRequest, CrowdAnswers>

  private constructor(child: Conversation<CrowdRequest, CrowdAnswers>) {
    this.#child = child
  }

  static async join(url: string, rooms: number, keystrokesPerSecond: number): Promise<AutomergeCrowd> {
    const module = new URL('crowd-child.js', import.meta.url)
    const child = await Conversation.start<CrowdRequest, CrowdAnswers>(module, [], 'a crowd of automerge-repo')
    try {
      await child.ask({ type: 'join', url, rooms, keystrokesPerSecond })
      return new AutomergeCrowd(child)
    } catch (error) {
      await child[Symbol.asyncDispose]()
      throw error
    }
  }

  async press(keystrokes: number): Promise<void> {
    await this.#child.ask({ type: 'press', keystrokes })
  }

  async start(): Promise<void> {
    await this.#child.ask({ type: 'start' })
  }

  async settle(): Promise<number> {
    return (await this.#child.ask({ type: 'settle' })).pressed
  }

  async close(): Promise<void> {
    await this.#child[Symbol.asyncDispose]()
  }
}
