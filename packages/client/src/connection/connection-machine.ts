/**
 * The life of the connection to the relay, as a pure function: (state, event) → (state, effects). Its driver, connection.ts,
 * owns the socket, the clock and the token. What travels over an open connection is no concern of this machine, except the
 * handshake and the heartbeat.
 *
 * ```
 *            connect              welcome
 *   idle ──────────────▶ connecting ─────────────▶ open
 *     ▲                   ▲   ▲  │ timeout, closed   │ closed, silent
 *     │ disconnect        │   │  ▼                   ▼
 *     │ (from any but  ───┘   └─ waiting(attempt, until) ── wake, time
 *     │  closed)     connect        │
 *     │                             │ token missing or refused        disagreement
 *     └─────────────── needs-auth ◀─┘ (from connecting, open)   ────────────────────▶ closed(error)
 * ```
 *
 * `closed` means that another attempt would only repeat the disagreement: `connect` alone leaves it.
 */
import { CloseCode, afterClose, supportedVersions, type ClientMessage, type MessageOf } from '@syncline/protocol'
import { fullJitter } from '../backoff.ts'
import { SynclineError } from '../errors.ts'
import { ClientLimits } from '../limits.ts'

/** Times are those of the scheduler, in ms. */
export type ConnectionState =
  /** Not wanted: not opened yet, or switched off. */
  | { readonly state: 'idle' }
  | {
      readonly state: 'connecting'
      readonly step: 'token' | 'link' | 'welcome'
      readonly attempt: number
      readonly deadline: number
      /** What the relay said is wrong; explains the close that follows. */
      readonly error: SynclineError | undefined
    }
  | {
      readonly state: 'open'
      readonly welcome: MessageOf<'welcome'>
      readonly attempt: number
      readonly openedAt: number
      readonly heardAt: number
      /** When something was sent last: the relay, too, takes a silent side for dead. */
      readonly sentAt: number
      /** When the relay was asked for a sign of life that has not come, and until when it may answer. */
      readonly probe: { readonly deadline: number } | undefined
      readonly error: SynclineError | undefined
    }
  | { readonly state: 'waiting'; readonly attempt: number; readonly until: number; readonly error: SynclineError }
  /** The relay wants a (fresh) token. With `until`, the token's source is asked again then. */
  | {
      readonly state: 'needs-auth'
      readonly attempt: number
      readonly until: number | undefined
      readonly error: SynclineError
    }
  | { readonly state: 'closed'; readonly error: SynclineError }

export type ConnectionEvent =
  | { readonly type: 'connect' | 'disconnect' }
  /** The network came back, or the page became visible. */
  | { readonly type: 'wake' }
  /** The time that {@link connectionDeadline} named has come. */
  | { readonly type: 'time' }
  | { readonly type: 'token'; readonly token: string | undefined }
  | { readonly type: 'token-failed'; readonly error: SynclineError }
  | { readonly type: 'link-opened' }
  | { readonly type: 'link-failed'; readonly error: SynclineError }
  | { readonly type: 'link-closed'; readonly code: number; readonly reason: string }
  | { readonly type: 'malformed'; readonly error: SynclineError }
  | { readonly type: 'heard' | 'sent' }
  | { readonly type: 'welcome'; readonly message: MessageOf<'welcome'> }
  | { readonly type: 'reauthenticate' }
  | { readonly type: 'error'; readonly message: MessageOf<'error'> }

export type ConnectionEffect =
  /** Ask the token's source; answer with `token` or `token-failed`. */
  | { readonly type: 'fetch-token' }
  | { readonly type: 'open-link'; readonly token: string | undefined }
  | { readonly type: 'close-link'; readonly code: number; readonly reason: string }
  | { readonly type: 'send-hello' }
  | { readonly type: 'send'; readonly message: ClientMessage }

/** What a step may know of the world. */
export interface ConnectionContext {
  readonly now: number
  /** 0 ≤ random < 1, fresh for each step. */
  readonly random: number
  /** Whether there is a source of tokens that a fresh one may come from. */
  readonly canFetchToken: boolean
}

export interface ConnectionStep {
  readonly state: ConnectionState
  readonly effects: readonly ConnectionEffect[]
}

/** When the machine wants a `time` event, or `undefined` for not at all. */
export function connectionDeadline(state: ConnectionState): number | undefined {
  switch (state.state) {
    case 'idle':
    case 'closed':
      return undefined
    case 'connecting':
      return state.deadline
    case 'open':
      return state.probe?.deadline ?? Math.min(state.heardAt, state.sentAt) + state.welcome.heartbeatMs
    case 'waiting':
    case 'needs-auth':
      return state.until
    default:
      return state satisfies never
  }
}

export function connectionStep(
  state: ConnectionState,
  event: ConnectionEvent,
  context: ConnectionContext,
): ConnectionStep {
  switch (event.type) {
    case 'connect':
      return state.state === 'connecting' || state.state === 'open' ? stay(state) : connecting(0, context)
    case 'disconnect':
      return { state: { state: 'idle' }, effects: closeLink(state, CloseCode.normal, 'switched off') }
    case 'wake':
      return wake(state, context)
    case 'time':
      return time(state, context)
    case 'token':
      if (state.state === 'connecting' && state.step === 'token') {
        return { state: { ...state, step: 'link' }, effects: [{ type: 'open-link', token: event.token }] }
      }
      if (state.state === 'open' && event.token !== undefined) {
        return { state, effects: [{ type: 'send', message: { type: 'token', token: event.token } }] }
      }
      return stay(state)
    case 'token-failed':
      // While open, the old token may still be good; if not, the relay will say so by closing.
      return state.state === 'connecting' && state.step === 'token'
        ? needsAuth(state.attempt, event.error, context)
        : stay(state)
    case 'link-opened':
      if (state.state !== 'connecting' || state.step !== 'link') return stay(state)
      return { state: { ...state, step: 'welcome' }, effects: [{ type: 'send-hello' }] }
    case 'link-failed':
      return { state: { state: 'closed', error: event.error }, effects: [] }
    case 'link-closed':
      return linkClosed(state, event.code, event.reason, context)
    case 'malformed':
      if (state.state !== 'connecting' && state.state !== 'open') return stay(state)
      // Retried, not given up: the edits are safe here, and what stood between may be gone next time.
      return lost(state, event.error, context, { code: CloseCode.protocolError, reason: 'malformed frame' })
    case 'heard':
      return state.state === 'open' ? stay({ ...state, heardAt: context.now, probe: undefined }) : stay(state)
    case 'sent':
      return state.state === 'open' ? stay({ ...state, sentAt: context.now }) : stay(state)
    case 'welcome':
      return welcome(state, event.message, context)
    case 'reauthenticate':
      return state.state === 'open' && context.canFetchToken
        ? { state, effects: [{ type: 'fetch-token' }] }
        : stay(state)
    case 'error': {
      if (state.state !== 'connecting' && state.state !== 'open') return stay(state)
      const { code, message } = event.message
      const error = new SynclineError(code === 'unsupported-version' ? code : 'connection-lost', message, {
        retryable: true,
        wireCode: code,
      })
      return stay({ ...state, error })
    }
    default:
      return event satisfies never
  }
}

function stay(state: ConnectionState): ConnectionStep {
  return { state, effects: [] }
}

function connecting(attempt: number, { now }: ConnectionContext): ConnectionStep {
  const deadline = now + ClientLimits.helloTimeoutMs
  return {
    state: { state: 'connecting', step: 'token', attempt, deadline, error: undefined },
    effects: [{ type: 'fetch-token' }],
  }
}

function wake(state: ConnectionState, context: ConnectionContext): ConnectionStep {
  if (state.state === 'waiting') return connecting(state.attempt, context)
  if (state.state === 'needs-auth' && state.until !== undefined) return connecting(state.attempt, context)
  if (state.state === 'open' && state.probe === undefined) return probe(state, ClientLimits.probeTimeoutMs, context)
  return stay(state)
}

function time(state: ConnectionState, context: ConnectionContext): ConnectionStep {
  const deadline = connectionDeadline(state)
  if (deadline === undefined || context.now < deadline) return stay(state)
  switch (state.state) {
    case 'connecting': {
      const error = state.error ?? new SynclineError('connection-lost', 'The relay did not answer', { retryable: true })
      return lost(state, error, context, { code: CloseCode.timeout, reason: 'no welcome' })
    }
    case 'open': {
      const { heartbeatMs } = state.welcome
      if (state.probe === undefined) return probe(state, heartbeatMs * (ClientLimits.heartbeatsMissedMax - 1), context)
      const error = new SynclineError('connection-lost', 'The relay fell silent', { retryable: true })
      return lost(state, error, context, { code: CloseCode.timeout, reason: 'silent' })
    }
    case 'waiting':
    case 'needs-auth':
      return connecting(state.attempt, context)
    case 'idle':
    case 'closed':
      return stay(state)
    default:
      return state satisfies never
  }
}

function probe(
  state: Extract<ConnectionState, { state: 'open' }>,
  timeoutMs: number,
  { now }: ConnectionContext,
): ConnectionStep {
  return {
    state: { ...state, sentAt: now, probe: { deadline: now + timeoutMs } },
    effects: [{ type: 'send', message: { type: 'ping' } }],
  }
}

function welcome(state: ConnectionState, message: MessageOf<'welcome'>, context: ConnectionContext): ConnectionStep {
  if (state.state !== 'connecting' || state.step !== 'welcome') return stay(state)
  if (!supportedVersions.includes(message.version)) {
    const error = new SynclineError('unsupported-version', `The relay chose version ${message.version}`)
    return {
      state: { state: 'closed', error },
      effects: closeLink(state, CloseCode.unsupportedVersion, 'unsupported version'),
    }
  }
  const { now } = context
  return stay({
    state: 'open',
    welcome: message,
    attempt: state.attempt,
    openedAt: now,
    heardAt: now,
    sentAt: now,
    probe: undefined,
    error: undefined,
  })
}

function linkClosed(state: ConnectionState, code: number, reason: string, context: ConnectionContext): ConnectionStep {
  if (state.state !== 'connecting' && state.state !== 'open') return stay(state)
  const said = reason === '' ? `code ${code}` : `${reason}, code ${code}`
  const after = afterClose(code)
  switch (after) {
    case 'reauthenticate':
      return needsAuth(
        attemptAfter(state, context),
        state.error ??
          new SynclineError('unauthorized', `The relay wants a valid token (${said})`, { retryable: true }),
        context,
      )
    case 'stop': {
      const codes = { [CloseCode.unsupportedVersion]: 'unsupported-version', [CloseCode.forbidden]: 'refused' } as const
      const error = new SynclineError(
        codes[code as keyof typeof codes] ?? 'malformed-message',
        state.error?.message ?? `The relay closed the connection for good (${said})`,
        state.error?.wireCode === undefined ? {} : { wireCode: state.error.wireCode },
      )
      return { state: { state: 'closed', error }, effects: [] }
    }
    case 'retry': {
      const error =
        state.error ?? new SynclineError('connection-lost', `The connection ended (${said})`, { retryable: true })
      return lost(state, error, context)
    }
    default:
      return after satisfies never
  }
}

function lost(
  state: Extract<ConnectionState, { state: 'connecting' | 'open' }>,
  error: SynclineError,
  context: ConnectionContext,
  close?: { readonly code: number; readonly reason: string },
): ConnectionStep {
  const attempt = attemptAfter(state, context)
  const { reconnectBaseMs, reconnectMaxMs } = ClientLimits
  const until = context.now + fullJitter(attempt, context.random, reconnectBaseMs, reconnectMaxMs)
  return {
    state: { state: 'waiting', attempt: attempt + 1, until, error },
    effects: close === undefined ? [] : closeLink(state, close.code, close.reason),
  }
}

function needsAuth(attempt: number, error: SynclineError, context: ConnectionContext): ConnectionStep {
  const { reconnectBaseMs, reconnectMaxMs } = ClientLimits
  const until = context.canFetchToken
    ? context.now + fullJitter(attempt, context.random, reconnectBaseMs, reconnectMaxMs)
    : undefined
  return { state: { state: 'needs-auth', attempt: attempt + 1, until, error }, effects: [] }
}

/** The number of the attempt after this one: a relay that welcomes and then closes at once is not hammered. */
function attemptAfter(
  state: Extract<ConnectionState, { state: 'connecting' | 'open' }>,
  { now }: ConnectionContext,
): number {
  return state.state === 'open' && now - state.openedAt >= ClientLimits.connectionStableMs ? 0 : state.attempt
}

function closeLink(state: ConnectionState, code: number, reason: string): readonly ConnectionEffect[] {
  const linked = state.state === 'open' || (state.state === 'connecting' && state.step !== 'token')
  return linked ? [{ type: 'close-link', code, reason }] : []
}
