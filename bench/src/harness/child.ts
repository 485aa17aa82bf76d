/** One question to a process of its own, in which nothing else lives: for what depends on the state of a process, as memory and cold code do. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { within } from './deadline.ts'

/**
 * Starts `module` with `--expose-gc`, sends it one message and returns the one that it sends back; both may hold typed arrays. Rejects when the
 * process ends without an answer, or has none within `timeoutMs`. The process has ended when this settles.
 */
export async function askChild<Answer>(module: URL, question: object, timeoutMs: number): Promise<Answer> {
  const child = fork(module, {
    // Our own flags may ask for a profile, or a debugger's port, that are not the child's.
    execArgv: ['--expose-gc'],
    serialization: 'advanced',
    stdio: ['ignore', process.stderr, 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit')
  try {
    child.send(question)
    const answered = once(child, 'message').then(([message]) => message as Answer)
    const endedEarly = exited.then(([code]) => Promise.reject(new Error(`it ended with exit code ${String(code)}`)))
    const answer = await within(Promise.race([answered, endedEarly]), timeoutMs, 'an answer of a measuring process')
    await exited
    return answer
  } finally {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
  }
}

/** The other side: gives the one question to `answer`, which trusts its parent to ask what it understands, sends what it returns and lets the process end. A rejection ends the process too. */
export function answerParent(answer: (question: never) => Promise<object>): void {
  const reply = async (question: never): Promise<void> => {
    const message = await answer(question)
    process.send!(message, () => process.disconnect())
  }
  process.once('message', (question) => void reply(question as never))
}
