/**
 * One connection to one IndexedDB database with one object store, as a custom store for idb-keyval: it opens on first use, comes
 * back when it is lost, and makes room for others. idb-keyval's own `createStore` is the same in five lines for a page that
 * need not survive a blocked upgrade, a deleted database or a transaction that fails at its commit.
 *
 * ```
 *            use                 success, and the same database as before
 *   idle ───────────→ opening ─────────────────────────────────────────────→ open
 *    ↑                 │ error, OPEN_MS_MAX                                    │  onclose (the browser took it), versionchange
 *    │                 ↓                                                       ↓  (another page upgrades or deletes),
 *    └─────────────────┴───────────────────────────────────────────────────────┘  a transaction that says that it is gone
 *                                                              close() leads from each to closed
 * ```
 *
 * A request that is overdue is not the last: browsers forget some, and Chromium leaves one that it gets while it clears the site's
 * data without an answer for long. The next use asks anew, unless another page is known to be in the way, which keeps every request
 * waiting. The first to succeed is used, whichever it is and whatever the state; the connections of the others are let go.
 *
 * Users clear the data of a site while its pages live. A database that is not the one of before is used, too, but not for what was
 * meant for the old one: whoever waited is refused, and `onReplaced` is told before anybody else gets a turn.
 */
import type { UseStore } from 'idb-keyval'
import { SynclineError } from '../errors.ts'
import { systemScheduler, type Scheduler } from '../scheduler.ts'

export interface IndexedDbConnectionOptions {
  /** The database. */
  readonly name: string
  /** The object store. */
  readonly storeName: string
  /**
   * The steps that lead from an empty database to the newest schema; how many of them a database has had is its version. The
   * list only ever grows. `again`: this connection had the database open before, with all steps; somebody deleted it.
   */
  readonly upgrades: readonly ((database: IDBDatabase, transaction: IDBTransaction, again: boolean) => void)[]
  /** What tells this database from another of its name; by default they are all the same. */
  readonly identify?: (store: IDBObjectStore) => Promise<unknown>
  readonly scheduler?: Pick<Scheduler, 'after'>
  /** Default: the global `indexedDB`, looked up anew at each opening: some browsers throw at the mere look. */
  readonly factory?: () => Pick<IDBFactory, 'open'> | undefined
}

/**
 * How long a use waits for the database to open, in milliseconds. A page with an older version that does not let go blocks it
 * without end, and browsers are known to forget an answer. The request itself cannot be cancelled: it goes on, and is used if
 * it succeeds before another does.
 */
export const OPEN_MS_MAX = 5_000

type State =
  | { readonly type: 'idle' }
  | { readonly type: 'opening'; readonly waiting: Waiting }
  /** The same promise as while opening: whoever waits for it has its turn in the order of asking, before and after. */
  | { readonly type: 'open'; readonly database: Promise<IDBDatabase>; readonly opened: IDBDatabase }
  | { readonly type: 'closed' }

/** Those who wait for one request to open; another may serve them. */
interface Waiting {
  readonly database: Promise<IDBDatabase>
  readonly resolve: (opened: IDBDatabase) => void
  readonly reject: (reason: unknown) => void
}

export class IndexedDbConnection {
  readonly #options: IndexedDbConnectionOptions
  readonly #underWay = new Set<Promise<unknown>>()
  readonly #replacedListeners = new Set<() => void>()
  /** Of the database that was open last. */
  #identity: { readonly of: unknown } | undefined
  #state: State = { type: 'idle' }
  /** The request that a page with an older version keeps waiting. */
  #blocked: IDBOpenDBRequest | undefined
  #closing: Promise<void> | undefined

  constructor(options: IndexedDbConnectionOptions) {
    this.#options = options
  }

  /**
   * Runs `callback` in one transaction and resolves with its result once that transaction has *completed*: a write is then on
   * the disk. If the callback throws, or anything else ends the transaction, nothing of it has happened, and this rejects with
   * the reason: a `DOMException`, what the callback threw, or a `SynclineError` if there was no connection to be had. Only when
   * the browser takes the connection without a word about the transaction is it unknown what has happened (`AbortError`).
   * Transactions begin in the order of calls. The callback may await its requests and nothing else.
   */
  readonly useStore: UseStore = (mode, callback) => {
    if (this.#closing !== undefined) {
      return Promise.reject(new SynclineError('closed', 'The device store is closed'))
    }
    return this.#awaited(this.#transact(mode, callback))
  }

  /** Begins to open the database, if it is not open: the next use has less to wait for, and is told if there is no opening it. */
  open(): void {
    if (this.#closing === undefined) void this.#awaited(this.#connect())
  }

  /** `listener` is told when the database turns out to be another than before: what was in that is gone. Returns its undo. */
  onReplaced(listener: () => void): () => void {
    this.#replacedListeners.add(listener)
    return () => void this.#replacedListeners.delete(listener)
  }

  /** Waits for what is under way. Idempotent; later uses reject with `SynclineError` `closed`. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  /** Has `close` wait for `work`. */
  #awaited<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work)
    void work.catch(() => undefined /* who asked is told */).finally(() => this.#underWay.delete(work))
    return work
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#underWay)
    if (this.#state.type === 'open') this.#state.opened.close()
    this.#state = { type: 'closed' }
  }

  async #transact<T>(mode: IDBTransactionMode, callback: (store: IDBObjectStore) => T | PromiseLike<T>): Promise<T> {
    const transaction = await this.#begin(mode)
    const ended = endOf(transaction)
    try {
      // Both at once: a transaction that is aborted from outside need not tell the callback.
      const [value] = await Promise.all([callback(transaction.objectStore(this.#options.storeName)), ended])
      return value
    } catch (error) {
      abort(transaction)
      await ended.catch(() => undefined) // an abort has no news of its own: its reason is read below
      const reason: unknown = transaction.error ?? error
      if (isConnectionLost(reason)) this.#drop(transaction.db)
      throw reason
    }
  }

  async #begin(mode: IDBTransactionMode): Promise<IDBTransaction> {
    // Twice at most: a connection that was lost unnoticed shows only here, before anything was asked of it.
    for (let attempt = 1; ; attempt += 1) {
      const database = await this.#connect()
      try {
        // Strict: complete is told after the flush to the disk. Browsers' default is to tell when the operating system has the
        // bytes, and "on this device" would then be taken back by a power cut. See docs/decisions/0005 for what it costs.
        return database.transaction(this.#options.storeName, mode, { durability: 'strict' })
      } catch (error) {
        this.#drop(database)
        if (attempt === 2 || !isConnectionLost(error)) throw error
      }
    }
  }

  #connect(): Promise<IDBDatabase> {
    switch (this.#state.type) {
      case 'idle':
        return this.#blocked === undefined ? this.#open() : Promise.reject(this.#overdueError())
      case 'opening':
        return this.#state.waiting.database
      case 'open':
        return this.#state.database
      case 'closed':
        return Promise.reject(new SynclineError('closed', 'The device store is closed'))
    }
  }

  #open(): Promise<IDBDatabase> {
    const waiting = newWaiting()
    this.#state = { type: 'opening', waiting }
    try {
      this.#request(waiting)
    } catch (error) {
      // As for storage that is switched off.
      this.#failed(waiting, error)
    }
    return waiting.database
  }

  #request(waiting: Waiting): void {
    const { name, storeName, upgrades, identify, scheduler = systemScheduler, factory = globalFactory } = this.#options
    const indexedDb = factory()
    if (indexedDb === undefined) {
      throw new SynclineError('store-unavailable', `Could not open database ${name}: there is no IndexedDB here`)
    }
    const request = indexedDb.open(name, upgrades.length)
    const cancelOverdue = scheduler.after(OPEN_MS_MAX, () => this.#failed(waiting, this.#overdueError()))
    const unblock = (): void => {
      if (this.#blocked === request) this.#blocked = undefined
    }
    request.addEventListener('blocked', () => (this.#blocked = request))
    request.addEventListener('upgradeneeded', ({ oldVersion }) => {
      const again = this.#identity !== undefined
      for (const upgrade of upgrades.slice(oldVersion)) upgrade(request.result, request.transaction!, again)
    })
    request.addEventListener('error', () => {
      cancelOverdue()
      unblock()
      this.#failed(waiting, request.error ?? new DOMException('The database did not open', 'UnknownError'))
    })
    request.addEventListener('success', () => {
      unblock()
      const opened = request.result
      const use = (identity: unknown): void => {
        cancelOverdue()
        this.#succeeded(opened, identity)
      }
      if (identify === undefined) return use(undefined)
      // Async: the browser may have taken the connection before this is told of it, and then there is not even a transaction.
      const identity = async (): Promise<unknown> =>
        identify(opened.transaction(storeName, 'readonly').objectStore(storeName))
      Promise.race([identity(), closed(opened)]).then(use, (error: unknown) => {
        cancelOverdue()
        opened.close()
        this.#failed(waiting, error)
      })
    })
  }

  #overdueError(): SynclineError {
    const { name } = this.#options
    return this.#blocked === undefined
      ? new SynclineError('store-unavailable', `Database ${name} does not open`, { retryable: true })
      : new SynclineError('store-blocked', `A page with an older version holds database ${name}`, { retryable: true })
  }

  #failed(waiting: Waiting, reason: unknown): void {
    if (this.#state.type === 'opening' && this.#state.waiting === waiting) this.#state = { type: 'idle' }
    waiting.reject(reason)
  }

  #succeeded(opened: IDBDatabase, identity: unknown): void {
    if (this.#state.type === 'closed' || this.#state.type === 'open') return opened.close()
    const waiting = this.#state.type === 'opening' ? this.#state.waiting : undefined
    const same = this.#identity === undefined || this.#identity.of === identity
    this.#identity = { of: identity }
    this.#adopt(opened, same && waiting !== undefined ? waiting.database : Promise.resolve(opened))
    if (same) return waiting?.resolve(opened)
    const { name } = this.#options
    waiting?.reject(new SynclineError('store-failed', `Database ${name} was cleared`, { retryable: true }))
    for (const listener of this.#replacedListeners) listener()
  }

  #adopt(opened: IDBDatabase, database: Promise<IDBDatabase>): void {
    this.#state = { type: 'open', database, opened }
    opened.addEventListener('close', () => {
      this.#drop(opened)
      // The browser took it, and perhaps what was in it. Whoever believes that it is there should hear of that soon.
      if (this.#options.identify !== undefined && this.#state.type === 'idle') this.#open().catch(() => undefined)
    })
    opened.addEventListener('versionchange', () => this.#drop(opened))
  }

  /** Lets a connection go: transactions under way still end, and the next use opens another. */
  #drop(opened: IDBDatabase): void {
    opened.close()
    if (this.#state.type === 'open' && this.#state.opened === opened) this.#state = { type: 'idle' }
  }
}

function newWaiting(): Waiting {
  let resolve!: Waiting['resolve']
  let reject!: Waiting['reject']
  const database = new Promise<IDBDatabase>((resolvePromise, rejectPromise) => {
    resolve = resolvePromise
    reject = rejectPromise
  })
  // Who asked is told; a request that another use has begun may have nobody waiting.
  database.catch(() => undefined)
  return { database, resolve, reject }
}

function globalFactory(): IDBFactory | undefined {
  return globalThis.indexedDB
}

/**
 * Resolves when the transaction has completed, and rejects when it was aborted, or when the browser took the connection without
 * saying what became of it: Chromium does not say it of a transaction that begins while the connection is being taken.
 */
function endOf(transaction: IDBTransaction): Promise<void> {
  const { db } = transaction
  return new Promise((resolve, reject) => {
    const fail = (): void => {
      db.removeEventListener('close', fail)
      reject(reasonOf(transaction))
    }
    db.addEventListener('close', fail)
    // Listeners, not `oncomplete`: idb-keyval's `promisifyRequest` writes over that.
    transaction.addEventListener('abort', fail)
    transaction.addEventListener('complete', () => {
      db.removeEventListener('close', fail)
      resolve()
    })
  })
}

/** `error` is null when a page aborts on purpose, or when the browser tears the database down. */
function reasonOf(transaction: IDBTransaction): DOMException {
  return transaction.error ?? new DOMException('The transaction was aborted', 'AbortError')
}

/** Rejects when the browser takes the connection away. */
function closed(database: IDBDatabase): Promise<never> {
  return new Promise((_, reject) => {
    const tell = (): void => reject(new DOMException('The connection was closed', 'AbortError'))
    database.addEventListener('close', tell, { once: true })
  })
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort()
  } catch {
    // It has ended already, which is all that is wanted here.
  }
}

/** `UnknownError` is what Safari says when its database process is gone. */
function isConnectionLost(error: unknown): boolean {
  return error instanceof DOMException && (error.name === 'InvalidStateError' || error.name === 'UnknownError')
}
