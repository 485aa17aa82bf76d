/** Pairs of people who type in documents of automerge-repo at their pace, in turns. */
import { setTimeout as sleep } from 'node:timers/promises'
import { splice } from '@automerge/automerge'
import type { DocHandle } from '@automerge/automerge-repo'
import { check } from '../../harness/bench.ts'
import { connectRepository, found, type Notes } from './repository.ts'

const TICK_MS = 5
const SETTLES_WITHIN_MS = 60_000
const LOOK_EVERY_MS = 20

export class TypingPairs {
  /** The first and the second have the same document, the third and the fourth, and so on. */
  readonly #people: readonly DocHandle<Notes>[]
  readonly #perSecond: number
  #pressed = 0
  #timer: NodeJS.Timeout | undefined

  private constructor(people: readonly DocHandle<Notes>[], keystrokesPerSecond: number) {
    this.#people = people
    this.#perSecond = keystrokesPerSecond * people.length
  }

  static async join(url: string, rooms: number, keystrokesPerSecond: number): Promise<TypingPairs> {
    const people: DocHandle<Notes>[] = []
    for (let room = 0; room < rooms; room++) {
      const [one, other] = await Promise.all([connectRepository(url), connectRepository(url)])
      const made = one.repo.create<Notes>({ text: '' })
      people.push(made, await found(other.repo, made.url))
    }
    return new TypingPairs(people, keystrokesPerSecond)
  }

  /** How many keys all have pressed. */
  get pressed(): number {
    return this.#pressed
  }

  /** Resolves when each has pressed so many keys more. */
  press(keystrokes: number): Promise<void> {
    const first = this.#pressed
    const end = first + keystrokes * this.#people.length
    const start = performance.now()
    return new Promise((resolve) => {
      this.#timer = setInterval(() => {
        // What is late is made up for: the pace does not wait for a server.
        const due = Math.min(end, first + ((performance.now() - start) / 1000) * this.#perSecond)
        while (this.#pressed < due) this.#pressNext()
        if (this.#pressed < end) return
        clearInterval(this.#timer)
        resolve()
      }, TICK_MS)
    })
  }

  /** No more keys; resolves when both of every pair have the same, and as much as they have typed. */
  async settle(): Promise<void> {
    clearInterval(this.#timer)
    const people = this.#people
    const lengths = people.map((_, person) => this.#pressedBy(person) + this.#pressedBy(person ^ 1))
    for (const start = performance.now(); ; await sleep(LOOK_EVERY_MS)) {
      if (people.every((handle, person) => handle.doc().text.length === lengths[person])) break
      check(performance.now() - start < SETTLES_WITHIN_MS, 'automerge-repo: delivery of what many typed did not end')
    }
    for (let person = 0; person < people.length; person += 2) {
      check(
        people[person]!.doc().text === people[person + 1]!.doc().text,
        'automerge-repo: two with one document have different texts',
      )
    }
  }

  #pressNext(): void {
    const letter = String.fromCharCode(97 + (this.#pressed % 26))
    this.#people[this.#pressed % this.#people.length]!.change((draft) => splice(draft, ['text'], 0, 0, letter))
    this.#pressed++
  }

  #pressedBy(person: number): number {
    return Math.ceil((this.#pressed - person) / this.#people.length)
  }
}
