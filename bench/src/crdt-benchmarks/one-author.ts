/** B4: one replica does what an author did, a transaction and an update for each keystroke. */
import { playText } from '../replica/workload.ts'
import { EMPTY, isSameContent } from '../subjects/content.ts'
import { CLIENT_IDS } from '../workloads/keystrokes.ts'
import type { Trace } from '../workloads/trace.ts'
import type { Scenario } from './scenario.ts'

export function oneAuthor({ edits, endContent }: Trace): Scenario {
  const content = { ...EMPTY, text: endContent }
  return {
    name: 'B4 a trace of one author',
    timesAtLeast: 1,
    prepare: (subject) => () => {
      const replica = subject.create(CLIENT_IDS[0])
      let updateBytes = 0
      replica.onUpdate((update) => {
        updateBytes += update.length
      })
      playText(replica, edits)
      return { replicas: [replica], updateBytes }
    },
    isRight: (shown) => isSameContent(shown, content),
  }
}
