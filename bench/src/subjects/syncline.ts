/** Our replica, by the names that Yjs has for the same. */
import { encodeColumns, loadColumns, type Doc } from '@syncline/core'
import * as S from '@syncline/core/yjs'
import type { Subject } from './subject.ts'
import { YjsReplica, yjsShaped } from './yjs-shape.ts'

export const subject: Subject = yjsShaped('syncline', S, {
  encoding: 'identical to yjs',
  snapshot: {
    // The replicas of this subject have our documents.
    encode: (replica) => encodeColumns((replica as YjsReplica).doc as unknown as Doc),
    load(snapshot) {
      const doc = new S.Doc()
      loadColumns(doc, snapshot)
      return new YjsReplica(S, doc)
    },
  },
})
