/** The people of a run, who are processes: started when they are first needed, and kept, so that their code is warm from row to row. */
import type { LibraryName } from './library.ts'
import { startPerson, type Person } from './person.ts'

export class Cast implements AsyncDisposable {
  readonly #people = new Map<LibraryName, Promise<Person>[]>()

  /** So many people who use this library; the same ones each time. They are in no room, and whoever asks for them has them leave theirs. */
  async of(library: LibraryName, count: number): Promise<Person[]> {
    const known = this.#people.get(library) ?? []
    this.#people.set(library, known)
    for (let index = 0; index < count; index++) {
      // One who has given up is replaced.
      if ((await known[index])?.ended !== false) known[index] = startPerson(library)
    }
    return Promise.all(known.slice(0, count))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const started = await Promise.allSettled([...this.#people.values()].flat())
    for (const start of started) if (start.status === 'fulfilled') await start.value[Symbol.asyncDispose]()
  }
}
