/**
 * Which tab owns the connection: the decisions of one tab, pure. A lock of the origin names the owner, so there is one at a time
 * and a tab that closes or crashes hands over by itself. The lock cannot tell a frozen tab from a busy one: that is what asking
 * is for. Followers ask "is the owner there?", and steal the lock when nobody answers.
 *
 * ```
 *           open                    granted
 *   inert ────────→ following ──────────────────→ owning
 *                    ↑    │                        │  ↑ granted
 *                    │    └── asked in vain ──→ stealing
 *                    └───────────── lost ──────────┴──┘      close leads from each to closed
 * ```
 *
 * Asked for, not told: owners that announce themselves by the clock fall silent when the browser slows the timers of hidden tabs
 * down to one a minute, and two hidden tabs would steal from each other for ever. Messages are delivered to hidden tabs at
 * once, and frozen tabs answer none.
 */

/**
 * How often a follower asks, in milliseconds: between one and one and a half times this, so that followers drift apart. Each
 * asks for itself: that every tab speaks now and then is how lost messages are noticed (see browser-tabs.ts).
 */
export const OWNER_ASK_MS = 2_000

/**
 * How many questions in a row go unanswered before the lock is stolen. More than two: after a sleep of the machine a timer may
 * run ahead of the answer that lies ready.
 */
export const OWNER_UNANSWERED_MAX = 3

export type TabState =
  | { readonly type: 'inert' }
  /** In the queue for the lock. `ownerTab`: who answered last. */
  | { readonly type: 'following'; readonly ownerTab: string | undefined; readonly unanswered: number }
  /** The lock is on its way here, whoever holds it. */
  | { readonly type: 'stealing'; readonly from: string | undefined }
  | { readonly type: 'owning' }
  | { readonly type: 'closed' }

export type TabEvent =
  | { readonly type: 'open' }
  /** The lock is held by this tab. */
  | { readonly type: 'granted' }
  /** Another tab stole the lock, or was faster in stealing it. */
  | { readonly type: 'lost' }
  /** The browser does not do locks for this page. */
  | { readonly type: 'refused' }
  /** It is time to ask again. */
  | { readonly type: 'time-to-ask' }
  /** A tab asked whether the owner is there. */
  | { readonly type: 'asked' }
  /** A tab said that it is the owner. */
  | { readonly type: 'here'; readonly tab: string }
  | { readonly type: 'close' }

export type TabEffect =
  /** Wait for the lock behind those who asked for it before. */
  | { readonly type: 'queue' }
  /** Take the lock; leaves the queue. */
  | { readonly type: 'steal' }
  /** Let the lock go, or leave the queue. */
  | { readonly type: 'release' }
  /** Tell the other tabs. `replaced`: this tab was the owner and did not answer. */
  | { readonly type: 'say'; readonly what: 'ask' | 'here' }
  | { readonly type: 'say'; readonly what: 'replaced'; readonly tab: string }
  /** Raise `time-to-ask` when it is. */
  | { readonly type: 'set-alarm' }
  | { readonly type: 'stop-alarm' }
  /** Tell this tab's listeners. */
  | { readonly type: 'owner'; readonly owner: boolean }
  | { readonly type: 'gone'; readonly tab: string }

export interface TabTransition {
  readonly state: TabState
  readonly effects: readonly TabEffect[]
}

/** The next state and what to do, in order. An event that means nothing in a state changes nothing. */
export function nextTabState(state: TabState, event: TabEvent): TabTransition {
  if (event.type === 'close') return close(state)
  switch (state.type) {
    case 'inert':
      return event.type === 'open' ? follow([{ type: 'say', what: 'ask' }]) : stay(state)
    case 'following':
      return following(state, event)
    case 'stealing':
      return stealing(state, event)
    case 'owning':
      return owning(state, event)
    case 'closed':
      return stay(state)
  }
}

function following(state: TabState & { readonly type: 'following' }, event: TabEvent): TabTransition {
  switch (event.type) {
    case 'granted':
    case 'refused': // two owners cost a connection; none would cost the sync
      return own()
    case 'here':
      return { state: { ...state, ownerTab: event.tab, unanswered: 0 }, effects: [] }
    case 'time-to-ask': {
      const unanswered = state.unanswered + 1
      if (unanswered >= OWNER_UNANSWERED_MAX) {
        return { state: { type: 'stealing', from: state.ownerTab }, effects: [{ type: 'steal' }] }
      }
      return { state: { ...state, unanswered }, effects: [{ type: 'say', what: 'ask' }, { type: 'set-alarm' }] }
    }
    case 'open':
    case 'lost':
    case 'asked':
    case 'close':
      return stay(state)
  }
}

function stealing(state: TabState & { readonly type: 'stealing' }, event: TabEvent): TabTransition {
  switch (event.type) {
    case 'granted': {
      const { state: owned, effects } = own()
      const { from } = state
      if (from === undefined) return { state: owned, effects }
      const replaced: readonly TabEffect[] = [
        { type: 'say', what: 'replaced', tab: from },
        { type: 'gone', tab: from },
      ]
      return { state: owned, effects: [...effects, ...replaced] }
    }
    case 'refused':
      return own()
    case 'lost':
      return follow([])
    case 'open':
    case 'time-to-ask':
    case 'asked':
    case 'here': // an answer at the last moment: the lock is on its way all the same, and its loser will queue again
    case 'close':
      return stay(state)
  }
}

function owning(state: TabState & { readonly type: 'owning' }, event: TabEvent): TabTransition {
  switch (event.type) {
    case 'asked':
      return { state, effects: [{ type: 'say', what: 'here' }] }
    case 'lost': {
      const { state: followed, effects } = follow([])
      return { state: followed, effects: [{ type: 'owner', owner: false }, ...effects] }
    }
    case 'open':
    case 'granted':
    case 'refused':
    case 'time-to-ask':
    case 'here': // the lock decides between two that think so, and tells the other soon
    case 'close':
      return stay(state)
  }
}

function follow(first: readonly TabEffect[]): TabTransition {
  return {
    state: { type: 'following', ownerTab: undefined, unanswered: 0 },
    effects: [{ type: 'queue' }, ...first, { type: 'set-alarm' }],
  }
}

function own(): TabTransition {
  return {
    state: { type: 'owning' },
    effects: [{ type: 'stop-alarm' }, { type: 'say', what: 'here' }, { type: 'owner', owner: true }],
  }
}

function close(state: TabState): TabTransition {
  if (state.type === 'inert' || state.type === 'closed') return { state: { type: 'closed' }, effects: [] }
  const told: readonly TabEffect[] = state.type === 'owning' ? [{ type: 'owner', owner: false }] : []
  // The listeners first: what the owner still says is said before another can own.
  return { state: { type: 'closed' }, effects: [...told, { type: 'stop-alarm' }, { type: 'release' }] }
}

function stay(state: TabState): TabTransition {
  return { state, effects: [] }
}
