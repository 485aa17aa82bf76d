/**
 * The driver of connection-machine.ts: owns the link, the one timer and the token's source, and performs what the machine
 * decides. Decodes frames whole; one that does not decode costs the connection.
 */
import { DecodeError } from '@syncline/core'
import {
  decodeRelayFrame,
  encodeFrame,
  supportedVersions,
  type ClientMessage,
  type RelayMessage,
} from '@syncline/protocol'
import { SynclineError } from '../errors.ts'
import type { Scheduler } from '../scheduler.ts'
import {
  connectionDeadline,
  connectionStep,
  type ConnectionEffect,
  type ConnectionEvent,
  type ConnectionState,
} from './connection-machine.ts'
import type { Link, Transport } from './transport.ts'

/** Where tokens come from; asked before each connection and when the relay wants a fresh one. */
export type TokenSource = () => string | Promise<string>

export interface ConnectionOptions {
  readonly url: string
  readonly agent: string
  readonly token: TokenSource | undefined
  readonly transport: Transport
  readonly scheduler: Scheduler
  readonly random: () => number
  /** Told after each change of state. */
  readonly onState: (state: ConnectionState) => void
  /** Told each message that is about rooms, in order, while open. May throw `DecodeError` for bytes inside that are poison. */
  readonly onMessage: (message: RelayMessage) => void
  /** The relay was sent a fresh token over the open connection: what the one before did not allow may be asked for again. */
  readonly onTokenSent: () => void
}

export class Connection {
  readonly #options: ConnectionOptions
  #state: ConnectionState = { state: 'idle' }
  #told: ConnectionState['state'] = 'idle'
  #helloToken: string | undefined
  #link: Link | undefined
  /** Counts links and token requests, so that answers to an earlier attempt are known for what they are. */
  #generation = 0
  #timer: { readonly at: number; readonly cancel: () => void } | undefined

  constructor(options: ConnectionOptions) {
    this.#options = options
  }

  get state(): ConnectionState {
    return this.#state
  }

  /** Bytes sent that have not left this device yet. */
  get backlogBytes(): number {
    return this.#link?.backlogBytes ?? 0
  }

  connect(): void {
    this.#step({ type: 'connect' })
  }

  /** Ends the connection, if any; nothing tries again before `connect`. */
  disconnect(): void {
    this.#step({ type: 'disconnect' })
  }

  /** The network or the user is back: try at once what would have waited. */
  wake(): void {
    this.#step({ type: 'wake' })
  }

  /** Sends one message if the connection is open; messages about rooms are lost with it, and sent anew by their rooms. */
  send(message: ClientMessage): void {
    if (this.#state.state !== 'open') return
    this.#link?.send(encodeFrame([message]))
    this.#step({ type: 'sent' })
  }

  #step(event: ConnectionEvent): void {
    const { scheduler, random, token, onState } = this.#options
    const before = this.#state
    const { state, effects } = connectionStep(before, event, {
      now: scheduler.now(),
      random: random(),
      canFetchToken: token !== undefined,
    })
    this.#state = state
    if (before.state !== state.state && state.state !== 'connecting' && state.state !== 'open') this.#generation += 1
    for (const effect of effects) this.#perform(effect)
    this.#armTimer()
    // An effect may have taken further steps meanwhile: tell where that led.
    if (this.#told === this.#state.state) return
    this.#told = this.#state.state
    onState(this.#state)
  }

  #perform(effect: ConnectionEffect): void {
    switch (effect.type) {
      case 'fetch-token':
        return this.#fetchToken()
      case 'open-link':
        return this.#openLink(effect.token)
      case 'send-hello':
        return this.#link?.send(
          encodeFrame([
            { type: 'hello', versions: supportedVersions, agent: this.#options.agent, token: this.#helloToken },
          ]),
        )
      case 'send':
        this.#link?.send(encodeFrame([effect.message]))
        if (effect.message.type === 'token') this.#options.onTokenSent()
        return
      case 'close-link': {
        const link = this.#link
        this.#link = undefined
        return link?.close(effect.code, effect.reason)
      }
      default:
        return effect satisfies never
    }
  }

  #fetchToken(): void {
    const source = this.#options.token
    if (source === undefined) return this.#step({ type: 'token', token: undefined })
    const generation = this.#generation
    const answer = (event: ConnectionEvent): void => {
      if (generation === this.#generation) this.#step(event)
    }
    // The wrapper makes a source that throws at once look like one that rejects.
    new Promise<string>((resolve) => resolve(source())).then(
      (token) => answer({ type: 'token', token }),
      (cause: unknown) => {
        const error = new SynclineError('unauthorized', 'The token could not be fetched', { cause, retryable: true })
        answer({ type: 'token-failed', error })
      },
    )
  }

  #openLink(token: string | undefined): void {
    this.#helloToken = token
    this.#generation += 1
    const generation = this.#generation
    const tell = (event: ConnectionEvent): void => {
      if (generation === this.#generation) this.#step(event)
    }
    try {
      this.#link = this.#options.transport.connect(this.#options.url, {
        opened: () => tell({ type: 'link-opened' }),
        frame: (frame) => {
          if (generation === this.#generation) this.#receive(frame, generation)
        },
        malformed: (what) => tell({ type: 'malformed', error: malformed(`The relay sent ${what}`) }),
        closed: (code, reason) => tell({ type: 'link-closed', code, reason }),
      })
    } catch (cause) {
      const error =
        cause instanceof SynclineError ? cause : new SynclineError('connection-lost', String(cause), { cause })
      this.#step({ type: 'link-failed', error })
    }
  }

  #receive(frame: Uint8Array, generation: number): void {
    this.#step({ type: 'heard' })
    try {
      for (const message of decodeRelayFrame(frame)) {
        this.#dispatch(message)
        // A message can end the connection; what came after it in the frame belongs to nobody.
        if (generation !== this.#generation) return
      }
    } catch (cause) {
      if (!(cause instanceof DecodeError)) throw cause
      this.#step({ type: 'malformed', error: malformed('The relay sent bytes that are no message', cause) })
    }
  }

  #dispatch(message: RelayMessage): void {
    switch (message.type) {
      case 'welcome':
        return this.#step({ type: 'welcome', message })
      case 'ping':
        return this.send({ type: 'pong' })
      case 'pong':
        return
      case 'error':
        return this.#step({ type: 'error', message })
      case 'reauthenticate':
        return this.#step({ type: 'reauthenticate' })
      case 'joined':
      case 'refused':
      case 'updates':
      case 'ack':
      case 'reject':
      case 'awareness':
      case 'evicted':
      case 'resync':
        if (this.#state.state === 'open') this.#options.onMessage(message)
        return
      default:
        return message satisfies never
    }
  }

  /** One timer for the machine's deadline. A deadline that only moved later is noticed when the timer fires. */
  #armTimer(): void {
    const deadline = connectionDeadline(this.#state)
    if (deadline !== undefined && this.#timer !== undefined && this.#timer.at <= deadline) return
    this.#timer?.cancel()
    this.#timer = undefined
    if (deadline === undefined) return
    const { scheduler } = this.#options
    const cancel = scheduler.after(Math.max(0, deadline - scheduler.now()), () => {
      this.#timer = undefined
      this.#step({ type: 'time' })
    })
    this.#timer = { at: deadline, cancel }
  }
}

function malformed(message: string, cause?: unknown): SynclineError {
  return new SynclineError('malformed-message', message, { cause, retryable: true })
}
