import { get, promisifyRequest, set } from 'idb-keyval'
import { afterEach, expect, test } from 'vitest'
import { cdp } from 'vitest/browser'
import { IndexedDbConnection, type IndexedDbConnectionOptions } from './indexeddb-connection.ts'

const opened: IndexedDbConnection[] = []
let databases = 0

afterEach(async () => {
  await Promise.all(opened.splice(0).map((connection) => connection.close()))
})

test('it is a custom store for idb-keyval', async () => {
  const { connection } = connect()
  await set('key', 'value', connection.useStore)
  expect(await get('key', connection.useStore)).toBe('value')
})

test('the database is opened on first use, once for all who ask', async () => {
  const { connection, requests } = connect()
  expect(requests).toHaveLength(0)
  await Promise.all([set('a', 1, connection.useStore), set('b', 2, connection.useStore)])
  expect(requests).toHaveLength(1)
})

test('a database that is being opened is not opened again for the first use', async () => {
  const { connection, requests } = connect()
  connection.open()
  expect(requests).toHaveLength(1)
  await set('a', 1, connection.useStore)
  connection.open()
  expect(requests).toHaveLength(1)
})

test('where there is no opening it, the first use is told, and nobody else', async () => {
  const { connection } = connect({ factory: () => undefined })
  connection.open()
  await expect(get('a', connection.useStore)).rejects.toMatchObject({ code: 'store-unavailable' })
})

test('a database that is being opened is closed with the connection', async () => {
  const { connection, name } = connect()
  connection.open()
  await connection.close()
  connection.open()
  const deleted = indexedDB.deleteDatabase(name)
  await new Promise<void>((resolve, reject) => {
    deleted.addEventListener('success', () => resolve())
    deleted.addEventListener('blocked', () => reject(new Error('The database is still open')))
  })
})

test('writing transactions ask for a flush to the disk', async () => {
  const { connection } = connect()
  const durability = await connection.useStore('readwrite', (store) => store.transaction.durability)
  expect(durability).toBe('strict')
})

test('it resolves after the transaction has completed, not with the last request', async () => {
  const { connection } = connect()
  const transaction = await connection.useStore('readwrite', async (store) => {
    await promisifyRequest(store.put(1, 'key'))
    return store.transaction
  })
  expect(() => transaction.abort()).toThrowError(expect.objectContaining({ name: 'InvalidStateError' }))
})

test('a transaction aborted midway rejects, and nothing of it is there', async () => {
  const { connection } = connect()
  await set('key', 'before', connection.useStore)
  const use = connection.useStore('readwrite', async (store) => {
    await promisifyRequest(store.put('after', 'key'))
    store.transaction.abort()
  })
  await expect(use).rejects.toMatchObject({ name: 'AbortError' })
  expect(await get('key', connection.useStore)).toBe('before')
})

test('a transaction aborted from outside rejects though the callback never ends', async () => {
  const { connection } = connect()
  const use = connection.useStore('readwrite', (store) => {
    store.put('after', 'key')
    queueMicrotask(() => store.transaction.abort())
    return new Promise<never>(() => undefined)
  })
  await expect(use).rejects.toMatchObject({ name: 'AbortError' })
  expect(await get('key', connection.useStore)).toBeUndefined()
})

test('a transaction of which the browser does not say how it ended rejects when the browser takes the connection', async () => {
  const { connection, requests } = connect()
  await set('key', 'before', connection.useStore)
  let spins = 0
  const use = connection.useStore('readwrite', (store) => {
    const spin = (): void => {
      spins += 1
      store.get('key').addEventListener('success', spin)
    }
    spin()
    return new Promise<never>(() => undefined)
  })
  await expect.poll(() => spins).toBeGreaterThan(1)
  // As Chromium does with a transaction that begins while the connection is being taken: no abort, no completion.
  requests[0]?.result.dispatchEvent(new Event('close'))
  await expect(use).rejects.toMatchObject({ name: 'AbortError' })
  expect(await get('key', connection.useStore)).toBe('before')
  expect(requests).toHaveLength(2)
})

test('a callback that throws takes back what it wrote', async () => {
  const { connection } = connect()
  const use = connection.useStore('readwrite', async (store) => {
    await promisifyRequest(store.put('after', 'key'))
    throw new RangeError('why')
  })
  await expect(use).rejects.toMatchObject({ name: 'RangeError', message: 'why' })
  expect(await get('key', connection.useStore)).toBeUndefined()
})

test('a request that fails unobserved takes the whole transaction with it, and its reason is told', async () => {
  const { connection } = connect()
  await set('key', 'before', connection.useStore)
  const use = connection.useStore('readwrite', (store) => {
    store.put('value', 'other')
    store.add('after', 'key')
  })
  await expect(use).rejects.toMatchObject({ name: 'ConstraintError' })
  expect(await get('other', connection.useStore)).toBeUndefined()
})

test('a value that cannot be cloned rejects, and the next use works', async () => {
  const { connection } = connect()
  await expect(set('key', () => undefined, connection.useStore)).rejects.toMatchObject({ name: 'DataCloneError' })
  await set('key', 'value', connection.useStore)
})

test('without IndexedDB each use rejects, until there is one', async () => {
  let there = false
  const { connection } = connect({ factory: () => (there ? indexedDB : undefined) })
  await expect(get('key', connection.useStore)).rejects.toMatchObject({ code: 'store-unavailable' })
  await expect(get('key', connection.useStore)).rejects.toMatchObject({ code: 'store-unavailable' })
  there = true
  expect(await get('key', connection.useStore)).toBeUndefined()
})

test('a browser that throws at the mere look at IndexedDB makes uses reject, not throw', async () => {
  const { connection } = connect({
    factory: () => {
      throw new DOMException('Storage is switched off', 'SecurityError')
    },
  })
  await expect(get('key', connection.useStore)).rejects.toMatchObject({ name: 'SecurityError' })
})

test('upgrades run from the version that is there, each once', async () => {
  const ran: string[] = []
  const first: Upgrade = (database) => {
    ran.push('first')
    database.createObjectStore('store')
  }
  const second: Upgrade = (_, transaction) => {
    ran.push('second')
    transaction.objectStore('store').put('upgraded', 'key')
  }
  const { connection: older, name } = connect({ upgrades: [first] })
  await set('key', 'value', older.useStore)
  await older.close()
  const { connection: newer } = connect({ name, upgrades: [first, second] })
  expect(await get('key', newer.useStore)).toBe('upgraded')
  expect(ran).toEqual(['first', 'second'])
})

test('a page with an older version that does not let go blocks uses for a bounded time; then they work', async () => {
  const { name, raw } = await rawDatabase()
  const { connection, requests, runOut } = connect({ name, upgrades: [createStore, () => undefined] })
  const use = get('key', connection.useStore)
  await event(requests[0], 'blocked')
  runOut()
  const blocked = { code: 'store-blocked', retryable: true }
  await expect(use).rejects.toMatchObject(blocked)
  await expect(get('key', connection.useStore)).rejects.toMatchObject(blocked)
  const granted = event(requests[0], 'success')
  raw.close()
  await granted
  expect(await get('key', connection.useStore)).toBeUndefined()
  expect(requests).toHaveLength(1)
})

test('a database that does not answer makes uses reject after a bounded time', async () => {
  const silent = { open: () => new EventTarget() as IDBOpenDBRequest }
  const { connection, runOut } = connect({ factory: () => silent })
  const use = get('key', connection.useStore)
  runOut()
  await expect(use).rejects.toMatchObject({ code: 'store-unavailable', retryable: true })
})

test('a request that the browser forgets is made anew by the next use', async () => {
  const forgetful = answering([() => new EventTarget() as IDBOpenDBRequest])
  const { connection, requests, runOut } = connect({ factory: () => forgetful })
  const use = get('key', connection.useStore)
  runOut()
  await expect(use).rejects.toMatchObject({ code: 'store-unavailable', retryable: true })
  await set('key', 'value', connection.useStore)
  expect(await get('key', connection.useStore)).toBe('value')
  expect(requests).toHaveLength(2)
})

test('a request that is answered late serves those who wait for another that is not', async () => {
  const late = new HeldRequest()
  const forgetful = answering([late.open, () => new EventTarget() as IDBOpenDBRequest])
  const { connection, requests, runOut } = connect({ factory: () => forgetful })
  const first = get('key', connection.useStore)
  await late.done
  runOut()
  await expect(first).rejects.toMatchObject({ code: 'store-unavailable' })
  const second = set('key', 'value', connection.useStore)
  late.answer()
  await second
  runOut()
  expect(await get('key', connection.useStore)).toBe('value')
  expect(requests).toHaveLength(2)
})

test('a request that is answered late, after another was, is let go and changes nothing', async () => {
  const late = new HeldRequest()
  const forgetful = answering([late.open])
  const { connection, runOut } = connect({ factory: () => forgetful })
  const first = get('key', connection.useStore)
  await late.done
  runOut()
  await expect(first).rejects.toMatchObject({ code: 'store-unavailable' })
  await set('key', 'value', connection.useStore)
  late.answer()
  expect(() => late.result.transaction('store')).toThrowError(expect.objectContaining({ name: 'InvalidStateError' }))
  expect(await get('key', connection.useStore)).toBe('value')
})

test('a request that fails late takes nothing from those who wait for another', async () => {
  const failing = Object.assign(new EventTarget(), { error: new DOMException('Why', 'AbortError') })
  const held = new HeldRequest()
  const forgetful = answering([() => failing as unknown as IDBOpenDBRequest, held.open])
  const { connection, requests, runOut } = connect({ factory: () => forgetful })
  const first = get('key', connection.useStore)
  runOut()
  await expect(first).rejects.toMatchObject({ code: 'store-unavailable' })
  const second = set('key', 'value', connection.useStore)
  await held.done
  failing.dispatchEvent(new Event('error'))
  const third = get('key', connection.useStore)
  held.answer()
  await second
  expect(await third).toBe('value')
  expect(requests).toHaveLength(2)
})

test('a use begun while the upgrade is blocked works when the other page lets go in time', async () => {
  const { name, raw } = await rawDatabase()
  const { connection, requests } = connect({ name, upgrades: [createStore, () => undefined] })
  const use = get('key', connection.useStore)
  await event(requests[0], 'blocked')
  raw.close()
  expect(await use).toBeUndefined()
})

test('a database that is opened too late, after close, is let go', async () => {
  const { name, raw } = await rawDatabase()
  const { connection, requests, runOut } = connect({ name, upgrades: [createStore, () => undefined] })
  const use = get('key', connection.useStore)
  await event(requests[0], 'blocked')
  runOut()
  await expect(use).rejects.toMatchObject({ code: 'store-blocked' })
  await connection.close()
  raw.close()
  await promisifyRequest(indexedDB.deleteDatabase(name))
  await expect(get('key', connection.useStore)).rejects.toMatchObject({ code: 'closed' })
})

test('a page that upgrades is let through; uses by this older version then reject', async () => {
  const { connection, name } = connect()
  await set('key', 'value', connection.useStore)
  const newer = await promisifyRequest(indexedDB.open(name, 2))
  await expect(get('key', connection.useStore)).rejects.toMatchObject({ name: 'VersionError' })
  newer.close()
})

test('a database deleted by another page is let go, and begun anew by the next use', async () => {
  const { connection, name } = connect()
  await set('key', 'value', connection.useStore)
  await promisifyRequest(indexedDB.deleteDatabase(name))
  expect(await get('key', connection.useStore)).toBeUndefined()
  await set('key', 'again', connection.useStore)
  expect(await get('key', connection.useStore)).toBe('again')
})

test('a connection that the browser takes away, as when the user clears the data, is opened again', async () => {
  const { connection, requests } = connect()
  await set('key', 'value', connection.useStore)
  const taken = event(requests[0]?.result, 'close')
  await cdp().send('Storage.clearDataForOrigin', { origin: location.origin, storageTypes: 'indexeddb' })
  await taken
  expect(await get('key', connection.useStore)).toBeUndefined()
  expect(requests).toHaveLength(2)
})

test('a connection lost unnoticed is opened again, and uses keep their order', async () => {
  const { connection, requests } = connect()
  await set('key', [], connection.useStore)
  requests[0]?.result.close()
  const append = (value: number): Promise<unknown> =>
    connection.useStore('readwrite', async (store) => {
      const list = await promisifyRequest<number[]>(store.get('key'))
      return promisifyRequest(store.put([...list, value], 'key'))
    })
  await Promise.all([append(1), append(2), append(3)])
  expect(await get('key', connection.useStore)).toEqual([1, 2, 3])
  expect(requests).toHaveLength(2)
})

test("somebody else's database, without the object store, rejects at each use", async () => {
  const { name, raw } = await rawDatabase(() => undefined)
  raw.close()
  const { connection } = connect({ name })
  await expect(get('key', connection.useStore)).rejects.toMatchObject({ name: 'NotFoundError' })
  await expect(get('key', connection.useStore)).rejects.toMatchObject({ name: 'NotFoundError' })
})

test('a database that cannot say which it is rejects at each use', async () => {
  const { name, raw } = await rawDatabase(() => undefined)
  raw.close()
  const { connection } = connect({ name, identify: () => Promise.resolve() })
  await expect(get('key', connection.useStore)).rejects.toMatchObject({ name: 'NotFoundError' })
  await expect(get('key', connection.useStore)).rejects.toMatchObject({ name: 'NotFoundError' })
})

test('a connection that is gone before it has said which database it has is opened again by the next use', async () => {
  let opens = 0
  const taking: Pick<IDBFactory, 'open'> = {
    open(...args) {
      const request = indexedDB.open(...args)
      opens += 1
      // Ahead of who opened it, as when the browser clears the data of a page that has just opened it anew.
      if (opens === 1) request.addEventListener('success', () => request.result.close())
      return request
    },
  }
  const { connection } = connect({ factory: () => taking, identify: () => Promise.resolve('the same') })
  await expect(set('key', 'value', connection.useStore)).rejects.toMatchObject({ name: 'InvalidStateError' })
  await set('key', 'value', connection.useStore)
  expect(await get('key', connection.useStore)).toBe('value')
  expect(opens).toBe(2)
})

test('a database that does not say which it is makes uses reject after a bounded time, or when the browser takes it', async () => {
  let says = new Promise<unknown>(() => undefined)
  const { connection, requests, runOut } = connect({ identify: () => says })
  const use = get('key', connection.useStore)
  await event(requests[0], 'success')
  runOut()
  await expect(use).rejects.toMatchObject({ code: 'store-unavailable', retryable: true })
  const taken = event(requests[0]?.result, 'close')
  await cdp().send('Storage.clearDataForOrigin', { origin: location.origin, storageTypes: 'indexeddb' })
  await taken
  says = Promise.resolve('the same')
  expect(await get('key', connection.useStore)).toBeUndefined()
  expect(requests).toHaveLength(2)
})

test('a database that was deleted and made anew takes nothing that was meant for the old one, and tells of it', async () => {
  let made = 0
  const identified: Partial<IndexedDbConnectionOptions> = {
    upgrades: [
      (database, _, again) => {
        made += 1
        database.createObjectStore('store').put({ made, again }, 'made')
      },
    ],
    identify: async (store) => (await promisifyRequest<{ readonly made: number }>(store.get('made'))).made,
  }
  const { connection, name } = connect(identified)
  const other = connect({ ...identified, name }).connection
  const told: string[] = []
  const undo = connection.onReplaced(() => told.push('connection'))
  other.onReplaced(() => told.push('other'))
  await set('key', 1, connection.useStore)
  expect(await get('key', other.useStore)).toBe(1)
  expect(await get('made', other.useStore)).toEqual({ made: 1, again: false })

  // Both are told that it is being deleted, and let go.
  await promisifyRequest(indexedDB.deleteDatabase(name))
  const meant = [set('key', 2, connection.useStore), set('other', 2, connection.useStore)]
  for (const use of meant) await expect(use).rejects.toMatchObject({ code: 'store-failed', retryable: true })
  expect(told).toEqual(['connection'])
  expect(await get('key', connection.useStore)).toBeUndefined()
  expect(await get('made', connection.useStore)).toEqual({ made: 2, again: true })
  // The one that did not make it anew notices all the same.
  await expect(set('key', 3, other.useStore)).rejects.toMatchObject({ code: 'store-failed' })
  expect(told).toEqual(['connection', 'other'])
  await set('key', 4, other.useStore)
  expect(await get('key', connection.useStore)).toBe(4)

  undo()
  await promisifyRequest(indexedDB.deleteDatabase(name))
  await expect(set('key', 5, connection.useStore)).rejects.toMatchObject({ code: 'store-failed' })
  expect(told).toEqual(['connection', 'other'])
})

type Upgrade = IndexedDbConnectionOptions['upgrades'][number]

function createStore(database: IDBDatabase): void {
  database.createObjectStore('store')
}

/** A connection, the requests to open that it made, and the end of its patience with them. */
function connect(options: Partial<IndexedDbConnectionOptions> = {}): {
  readonly connection: IndexedDbConnection
  readonly name: string
  readonly requests: readonly IDBOpenDBRequest[]
  readonly runOut: () => void
} {
  const { name = newName(), factory = () => indexedDB, ...rest } = options
  const requests: IDBOpenDBRequest[] = []
  const recording = (): Pick<IDBFactory, 'open'> | undefined => {
    const found = factory()
    return (
      found && {
        open: (...args) => {
          const request = found.open(...args)
          requests.push(request)
          return request
        },
      }
    )
  }
  const timers = new Set<() => void>()
  const scheduler: IndexedDbConnectionOptions['scheduler'] = {
    after: (_, task) => {
      timers.add(task)
      return () => void timers.delete(task)
    },
  }
  const connection = new IndexedDbConnection({
    name,
    storeName: 'store',
    upgrades: [createStore],
    ...rest,
    scheduler,
    factory: recording,
  })
  opened.push(connection)
  const runOut = (): void => {
    for (const task of timers) task()
    timers.clear()
  }
  return { connection, name, requests, runOut }
}

/** Answers the first requests in other ways than the browser. */
function answering(first: IDBFactory['open'][]): Pick<IDBFactory, 'open'> {
  return { open: (...args) => (first.shift() ?? indexedDB.open.bind(indexedDB))(...args) }
}

/** A request that the browser answers, but not before {@link HeldRequest.answer}. */
class HeldRequest extends EventTarget {
  /** Resolves when there is an answer to hold back. */
  readonly done: Promise<unknown>
  readonly open: IDBFactory['open'] = (...args) => {
    const request = (this.#request = indexedDB.open(...args))
    request.addEventListener('upgradeneeded', ({ type, oldVersion, newVersion }) =>
      this.dispatchEvent(new IDBVersionChangeEvent(type, { oldVersion, newVersion })),
    )
    void event(request, 'success').then(this.#tellDone)
    return this as unknown as IDBOpenDBRequest
  }
  #request: IDBOpenDBRequest | undefined
  #tellDone: (value: unknown) => void = () => undefined

  constructor() {
    super()
    this.done = new Promise((resolve) => (this.#tellDone = resolve))
  }

  get result(): IDBDatabase {
    return this.#request!.result
  }

  answer(): void {
    this.dispatchEvent(new Event('success'))
  }
}

function event(target: EventTarget | undefined, type: string): Promise<unknown> {
  return new Promise((resolve) => target?.addEventListener(type, resolve, { once: true }))
}

function newName(): string {
  return `connection-${(databases += 1)}`
}

/** A connection at version 1 that no one tells to let go. */
async function rawDatabase(upgrade: (database: IDBDatabase) => void = createStore): Promise<{
  readonly name: string
  readonly raw: IDBDatabase
}> {
  const name = newName()
  const request = indexedDB.open(name, 1)
  request.addEventListener('upgradeneeded', () => upgrade(request.result))
  return { name, raw: await promisifyRequest(request) }
}
