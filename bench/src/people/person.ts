/** A person who uses an app: a process of its own, with a library in it, so that nobody's garbage is collected in another's time. */
import { Conversation } from '../harness/conversation.ts'
import type { LibraryName } from './library.ts'
import type { PersonAnswers, PersonRequest } from './person-request.ts'

export type Person = Conversation<PersonRequest, PersonAnswers>

/** Starts the process; whoever starts it disposes of it. */
export function startPerson(library: LibraryName): Promise<Person> {
  return Conversation.start(new URL('person-child.js', import.meta.url), [library], `a person with ${library}`)
}
