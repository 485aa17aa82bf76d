/** Who takes part in a case. All mixes get the same case: the same edits where they do the same, and the same network. */
import { OURS } from '../harness/bench.ts'
import { ourDocument, yjsDocument } from './documents.ts'
import { core, inTurns, yjs, type Merger } from './merger.ts'
import type { Participant } from './participant.ts'
import { updateStore } from './update-store.ts'
import { yjs14Document } from './yjs-14-document.ts'

export interface Mix {
  /** The heading of its column. */
  readonly subject: string
  /** The replicas that edit are made by these in turns. */
  readonly editors: readonly [MakeParticipant, ...MakeParticipant[]]
  /** The one that only listens and answers. */
  readonly listener: MakeParticipant
  /** By whom updates are joined on their way; a new one for each case. */
  readonly merger: () => Merger
}

/** Client IDs are distinct in a case. */
export type MakeParticipant = (clientId: number) => Participant

export const oursAlone: Mix = {
  subject: OURS,
  editors: [ourDocument],
  listener: updateStore,
  merger: () => core,
}

export const yjsAlone: Mix = {
  subject: 'yjs',
  editors: [yjsDocument],
  listener: yjsDocument,
  merger: () => yjs,
}

/** Our documents and those of yjs, half of each, with our store. */
export const mixed: Mix = {
  subject: 'mixed',
  editors: [ourDocument, yjsDocument],
  listener: updateStore,
  merger: () => inTurns([core, yjs]),
}

/** The same with the release candidate of yjs 14 among those who edit. It does other edits, so that this is another case. */
export const mixedWithYjs14: Mix = {
  ...mixed,
  subject: 'mixed with yjs 14 rc',
  editors: [ourDocument, yjsDocument, yjs14Document],
}
