/** What a crowd of automerge-repo's clients is asked to do, one thing at a time, and what it answers. */
export type CrowdRequest =
  | { readonly type: 'join'; readonly url: string; readonly rooms: number; readonly keystrokesPerSecond: number }
  | { readonly type: 'press'; readonly keystrokes: number }
  | { readonly type: 'start' }
  | { readonly type: 'settle' }

export interface CrowdAnswers {
  readonly join: object
  readonly press: object
  readonly start: object
  readonly settle: { readonly pressed: number }
}
