/** What a process with many clients of automerge-repo is asked to do, one thing at a time, and what it answers. */
export type LoadRequest =
  /** So many clients with a document each, which do nothing. */
  | { readonly type: 'idle'; readonly url: string; readonly clients: number }
  /** Two people in each of so many documents. */
  | { readonly type: 'pair up'; readonly url: string; readonly rooms: number; readonly keystrokesPerSecond: number }
  /** They press keys, in turns: so many each, or until they are to settle. */
  | { readonly type: 'press'; readonly keystrokes: number }
  | { readonly type: 'press on' }
  /** Answers when everybody has what the neighbour typed. */
  | { readonly type: 'settle' }
  /** One who writes and so many who read one document. */
  | { readonly type: 'gather'; readonly url: string; readonly readers: number }
  /** Writes so many characters as fast as it goes; answers when all who read have them. */
  | { readonly type: 'flood'; readonly characters: number }
  /** Brings a document, as Automerge saves it, to so many rooms, and stays in each. */
  | { readonly type: 'bring'; readonly url: string; readonly rooms: number; readonly document: Uint8Array }
  /** So many join the first of these at once; answers when all have it. */
  | { readonly type: 'herd'; readonly url: string; readonly joins: number }

export interface LoadAnswers {
  readonly idle: object
  readonly 'pair up': object
  readonly press: object
  readonly 'press on': object
  readonly settle: { readonly pressed: number }
  readonly gather: object
  readonly flood: { readonly ms: number }
  readonly bring: object
  readonly herd: object
}
