/**
 * The product, broken on purpose: each mutant replaces exact snippets of source files, and has to be caught by the simulation within
 * `seedsMax` seeds, by a promise that it is about: another that breaks, too, tells of something else, or by chance. That the simulation finds nothing in the product means as much as it finds in these. Bugs that the simulation has
 * found are mutants, too: their fix, undone. A snippet that is not there any more is an error: whoever changed it looks here.
 */

import type { OracleName } from './broken-oracle.ts'

export interface Replacement {
  /** From the top of the checkout. */
  readonly file: string
  /** What stands there, exactly once. */
  readonly find: string
  readonly put: string
}

export interface Mutant {
  readonly name: string
  readonly replacements: readonly Replacement[]
  /** The promises of which it has to break one. */
  readonly breaks: readonly OracleName[]
  readonly seedsMax: number
}

const client = 'packages/client/src'
const relay = 'packages/relay/src'

export const mutants: readonly Mutant[] = [
  mutant('the relay acknowledges before the flush', ['acked-is-durable'], 20, [
    `${relay}/room/room.ts`,
    'const positions = await log.append(batch)',
    `const { position } = await log.head(this.name)
      const positions = batch.map((_, index) => ({ epoch: position.epoch, seq: position.seq + 1 + index }))
      log.append(batch).catch(() => undefined)`,
  ]),
  mutant('the relay tells others before the flush', ['told-is-durable'], 20, [
    `${relay}/room/room-machine.ts`,
    "this.#effects.push({ type: 'append', append, update: push.update, subject: push.subject, claims })",
    `this.#effects.push({ type: 'append', append, update: push.update, subject: push.subject, claims })
          this.#broadcast([...this.#members.keys()].filter((id) => id !== push.author), { type: 'updates', handle: this.#handle, position: this.#head.position, update: push.update })`,
  ]),
  mutant('the relay acknowledges what it could not write', ['acked-is-durable'], 60, [
    `${relay}/room/room-machine.ts`,
    "    this.#judge(push, { kind: 'rejected', refusal })\n    this.#tell(push.author)",
    "    this.#judge(push, { kind: 'accepted', position: this.#head.position })\n    this.#tell(push.author)",
  ]),
  mutant('a checkpoint drops the end of the tail', ['checkpoint-keeps-all'], 60, [
    `${relay}/room/compaction.ts`,
    'await this.#merger.compact(updates, this.#history)',
    'await this.#merger.compact(updates.slice(0, -1), this.#history)',
  ]),
  mutant('the relay does not compare epochs', ['position-is-true'], 200, [
    `${relay}/log/update-log.ts`,
    'if (index === -1) return false',
    'if (index === -1) return true',
  ]),
  mutant('the relay leaves a seq out', ['seqs-without-holes'], 5, [
    `${relay}/log/room-head.ts`,
    'const seq = head.position.seq + 1',
    'const seq = head.position.seq + (head.position.seq === 2 ? 2 : 1)',
  ]),
  mutant(
    'who may only read writes, and the relay lets it',
    ['read-only-changes-nothing'],
    40,
    [`${client}/sync/room-machine.ts`, "this.#membership.access === 'write' &&\n      !this.#refill", '!this.#refill'],
    [
      `${relay}/room/admission.ts`,
      "      access === 'read'\n        ? undefined\n        :",
      '      access === undefined\n        ? undefined\n        :',
    ],
  ),
  mutant('a socket that has drained is not caught up', ['comes-to-rest', 'all-the-same'], 150, [
    `${relay}/room/room-machine.ts`,
    'if (member?.delivery.isWaiting === true) this.#bringToHead(member)',
    'void member',
  ]),
  mutant('a socket that has drained gets awareness first', ['comes-to-rest', 'all-the-same'], 150, [
    `${relay}/room/room-machine.ts`,
    'if (member?.delivery.isWaiting === true) this.#bringToHead(member)',
    'if (member?.delivery.isWaiting !== true) return\n    this.#sendAwareness(id)\n    this.#bringToHead(member)',
  ]),
  mutant(
    'awareness of the dead never expires',
    ['awareness-is-true'],
    40,
    [
      `${relay}/room/awareness-states.ts`,
      'if (!this.#bytesByOwner.has(owner)) return []',
      'if (owner !== undefined) return []',
    ],
    [`${relay}/room/awareness-states.ts`, 'this.#held.size === 0 ? [] :', 'now > 0 ? [] :'],
    [`${client}/room/presence.ts`, 'if (silent.length > 0)', 'if (silent.length < 0)'],
  ),
  mutant('the client does not send again what was on its way', ['comes-to-rest'], 40, [
    `${client}/sync/room-machine.ts`,
    '    this.#outbox.putAllBack()\n',
    '',
  ]),
  mutant('the client forgets an edit when it sends it', ['acked-is-durable'], 60, [
    `${client}/sync/room-machine.ts`,
    'this.#send(handle, parcel.update, parcel.keys, undefined, updateBytesMax)',
    'this.#send(handle, parcel.update, parcel.keys, undefined, updateBytesMax)\n    this.#outbox.settle(parcel.keys)',
  ]),
  mutant('the client forgets what was not pushed when it is loaded', ['comes-to-rest'], 40, [
    `${client}/sync/room-machine.ts`,
    'else if (this.#outbox.add({ key: ref, update })) this.#ownIds.addAll(structs)',
    '',
  ]),
  mutant('the client takes any ack for the next place in the log', ['position-is-true'], 60, [
    `${client}/sync/room-machine.ts`,
    'position.seq === this.#position.seq + 1',
    'position.seq > this.#position.seq',
  ]),
  mutant('the client refills nothing after the relay lost data', ['all-the-same', 'nothing-lost'], 60, [
    `${client}/sync/room-machine.ts`,
    'if (this.#hasSettled) this.#readSettled(stateVector, true)\n  }',
    '}',
  ]),
  mutant('a reject that is worth a retry is for good', ['nothing-refused'], 20, [
    `${client}/sync/room-machine.ts`,
    '    if (retryable) {\n      this.#outbox.putBack',
    '    if (retryable && this.#memberships < 0) {\n      this.#outbox.putBack',
  ]),
  mutant('the stored position passes an edit in memory', ['position-is-true'], 1000, [
    `${client}/sync/room-machine.ts`,
    'return this.refilling || !this.#loaded || this.#outbox.hasInMemory',
    'return this.refilling || !this.#loaded',
  ]),
  mutant('the head is written before the rows', ['position-is-true'], 40, [
    `${client}/sync/room-sync.ts`,
    '      if (update !== undefined) {\n        const row',
    `      if (position !== undefined) await store.appendRemote(room, undefined, position)
      if (update !== undefined) {
        const row`,
  ]),
  mutant('what arrives is not stored when the first write fails', ['position-is-true'], 100, [
    `${client}/sync/room-machine.ts`,
    'if (write.update !== undefined) this.#unwritten.add(write.update)',
    '',
  ]),
  mutant('a fold leaves its last row out', ['fold-keeps-all'], 60, [
    `${client}/sync/fold.ts`,
    '    const place = gathered.add(row.update)\n',
    '    const place = row === rows.at(-1) ? 0 : gathered.add(row.update)\n',
  ]),
  mutant('a fold that failed is not tried again', ['comes-to-rest'], 400, [
    `${client}/sync/room-sync.ts`,
    '      this.#rowsToFold += due\n',
    '',
  ]),
  mutant('a page that is hidden puts nothing away', ['hidden-is-kept'], 400, [
    `${client}/syncline.ts`,
    'this.#page.onHide(() => this.#flush())',
    'this.#page.onHide(() => undefined)',
  ]),
  mutant('a store that failed is not tried again', ['comes-to-rest'], 100, [
    `${client}/device-store/store-retry.ts`,
    '      this.#retry()\n',
    '',
  ]),
  mutant('a store that failed is tried again at once', ['time-goes-on'], 400, [
    `${client}/device-store/store-retry.ts`,
    'const delayMs = fullJitter(this.#attempts, this.#random(), storeRetryBaseMs, storeRetryMaxMs)',
    'const delayMs = 0 * fullJitter(this.#attempts, this.#random(), storeRetryBaseMs, storeRetryMaxMs)',
  ]),
  mutant('a new owner is not told which rooms are open', ['comes-to-rest', 'all-the-same'], 40, [
    `${client}/room/document-room.ts`,
    '    this.#relay = { ...this.#relay, memberships: 0 }\n    this.#host.post(this.opening)',
    '    this.#relay = { ...this.#relay, memberships: 0 }',
  ]),
  mutant(
    'what a tab did not hear is not read',
    ['comes-to-rest', 'all-the-same'],
    200,
    [`${client}/syncline.ts`, '    this.#rooms.forEach((room) => room.messagesMissed())', ''],
    [
      `${client}/room/document-room.ts`,
      '    this.#rows.add(row)\n    if (this.#rows.gap) this.#lookForGap()',
      '    this.#rows.add(row)',
    ],
    [
      `${client}/room/document-room.ts`,
      "if (this.#rows.gap && this.#life.state === 'open') this.#lookForGap()\n    this.#changed()",
      'this.#changed()',
    ],
  ),
  mutant('nobody looks into the store when a tab is gone', ['all-the-same'], 400, [
    `${client}/room/document-room.ts`,
    'this.#onceLoaded(() => this.#readAgain())\n  }\n\n  /** Another tab has opened',
    '}\n\n  /** Another tab has opened',
  ]),
  mutant('the owner does not look for edits of a tab that is gone', ['comes-to-rest'], 400, [
    `${client}/sync/engine.ts`,
    '      sync.reload()\n      this.#leaveRoom(room, tab)\n    }\n    this.#readPending()',
    '      this.#leaveRoom(room, tab)\n    }',
  ]),
  mutant('rows are not read again that are being read', ['comes-to-rest'], 1000, [
    `${client}/sync/room-sync.ts`,
    'this.#loadsDone = asked\n',
    'this.#loadsDone = this.#loadsAsked\n',
  ]),
  mutant('what a page has is no edit after the store was cleared', ['stored-is-kept'], 60, [
    `${client}/room/document-room.ts`,
    'if (!isEmptyUpdate(state) && !atRelay) this.#writer.storeLost(state)',
    'void atRelay',
  ]),
  mutant('an ack of the store before counts for one that was cleared', ['acked-is-durable'], 60, [
    `${client}/room/edit-writer.ts`,
    'this.#add(state, 1)',
    'this.#add(state, this.#edits)',
  ]),
  mutant('a reader whose store was cleared forgets what was never sent', ['stored-is-kept', 'acked-is-durable'], 1000, [
    `${client}/room/document-room.ts`,
    "this.#relay.access === 'read' && facts.unsettled === 0 && rowsAfter(0, facts) === 0",
    "this.#relay.access === 'read'",
  ]),
  mutant('the owner goes on where it was after the store was cleared', ['comes-to-rest', 'position-is-true'], 60, [
    `${client}/syncline.ts`,
    '    void this.#stopEngine()\n    this.#ownerChanged(true)\n',
    '',
  ]),
  mutant('whenStored() does not wait', ['stored-is-kept'], 5, [
    `${client}/room/edit-writer.ts`,
    'return this.#unstored.every(({ first }) => first > edit)',
    'return this.#unstored.every(({ first }) => first > edit) || edit > 0',
  ]),
  mutant('whenAcked() waits for the rows alone', ['acked-is-durable'], 60, [
    `${client}/room/edit-writer.ts`,
    'if (this.#unsettled.some(({ first }) => first <= edit)) return undefined',
    '',
  ]),
  mutant('an edit that is stored while it is acknowledged goes back', ['receipts-go-forward'], 400, [
    `${client}/room/document-room.ts`,
    'return this.#writer.ackedThrough(Math.max(this.#head.ackedRef, this.#heardAckedRef))',
    'return Math.max(this.#head.ackedRef, this.#heardAckedRef)',
  ]),
  mutant('the client gives up after a lost connection', ['comes-to-rest'], 20, [
    `${client}/connection/connection-machine.ts`,
    "    case 'waiting':\n    case 'needs-auth':\n      return connecting(state.attempt, context)\n    case 'idle':",
    "    case 'waiting':\n      return { state: { state: 'idle' }, effects: [] }\n    case 'needs-auth':\n      return connecting(state.attempt, context)\n    case 'idle':",
  ]),
  mutant('the client does not notice a dead connection', ['comes-to-rest'], 100, [
    `${client}/connection/connection-machine.ts`,
    'return state.probe?.deadline ?? Math.min(state.heardAt, state.sentAt) + state.welcome.heartbeatMs',
    'return undefined',
  ]),
  mutant('the clock of a client goes back', ['comes-to-rest', 'awareness-is-true'], 1000, [
    `${client}/scheduler.ts`,
    '    if (now < last) behind += last - now\n    last = Math.max(last, now)\n    return last',
    '    last = now\n    return last',
  ]),
  mutant('a token is never renewed', ['welcome-stays'], 60, [
    `${client}/connection/connection-machine.ts`,
    "case 'reauthenticate':\n      return state.state === 'open' && context.canFetchToken",
    "case 'reauthenticate':\n      return state.state === 'open' && context.canFetchToken && context.now < 0",
  ]),
  mutant('the first token is shown for ever', ['comes-to-rest', 'welcome-stays'], 60, [
    `${client}/connection/connection.ts`,
    'new Promise<string>((resolve) => resolve(source())).then(',
    ';((this as { first?: Promise<string> }).first ??= new Promise<string>((resolve) => resolve(source()))).then(',
  ]),
  mutant('nobody is told that a token is about to run out', ['welcome-stays'], 60, [
    `${relay}/auth/token-session.ts`,
    'now < state.askAt || state.refresh !== undefined) return',
    'now < state.askAt || state.refresh !== undefined || now > 0) return',
  ]),
  mutant('one ack covers pushes that are not decided', ['acked-is-durable'], 150, [
    `${relay}/room/room-machine.ts`,
    "if (verdict.kind === 'pending' || (",
    "if (verdict.kind === 'pending') {\n        told++\n        continue\n      }\n      if ((",
  ]),
  mutant('what is known is acknowledged to who has not caught up', ['acked-is-durable'], 400, [
    `${relay}/room/room-machine.ts`,
    " || (verdict.kind === 'known' && verdict.seq > member.delivery.mark.seq)",
    '',
  ]),
  mutant('whoever comes back misses the entry after its position', ['position-is-true'], 60, [
    `${relay}/room/delivery.ts`,
    'stateVector === undefined ? this.#mark.seq : 0',
    'stateVector === undefined ? this.#mark.seq + 1 : 0',
  ]),
  mutant('who was slow is taken for one that has everything', ['position-is-true'], 100, [
    `${relay}/room/room-machine.ts`,
    'if (member?.delivery.isWaiting === true) this.#bringToHead(member)',
    'if (member?.delivery.isWaiting !== true) return\n    member.delivery.caughtUp(this.#head.position)\n    this.#bringToHead(member)',
  ]),
  mutant('who wrote all of a flush does not hear how far it is', ['comes-to-rest'], 200, [
    `${relay}/room/delivery.ts`,
    "return clientSeq < position.seq ? 'position' : 'nothing'",
    "void clientSeq\n    return 'nothing'",
  ]),
  mutant('a push of deletions alone is taken for known', ['acked-is-durable'], 20, [
    `${relay}/room/admission.ts`,
    'const isKnown = deletes.length === 0 || this.#content.hasDeletes(deletes)',
    'const isKnown = true as boolean | undefined',
  ]),
  mutant(
    'readers are let in as writers',
    ['read-only-changes-nothing'],
    40,
    [`${relay}/room/room-machine.ts`, '      id,\n      access: join.access,', "      id,\n      access: 'write',"],
    [
      `${relay}/room/room-machine.ts`,
      'handle: this.#handle,\n      access: join.access,',
      "handle: this.#handle,\n      access: 'write',",
    ],
  ),
  mutant('acks of a membership count for pushes of the one before', ['acked-is-durable', 'comes-to-rest'], 100, [
    `${client}/sync/room-machine.ts`,
    'this.#membership = next\n    this.#flights = []',
    'this.#membership = next',
  ]),
  mutant('an edit made while another is being written is forgotten', ['stored-is-kept'], 60, [
    `${client}/room/edit-writer.ts`,
    '    this.#retry.succeeded()\n    // By what each has become: those that the owner has stored meanwhile are not in memory any more.',
    '    this.#retry.succeeded()\n    this.#waiting = undefined\n    // By what each has become: those that the owner has stored meanwhile are not in memory any more.',
  ]),
  mutant('an edit counts as stored when it is handed to the store', ['stored-is-kept'], 20, [
    `${client}/room/edit-writer.ts`,
    'return [...this.#unreadable, ...this.#inMemory, ...this.#onTheWay]',
    'return [...this.#unreadable, ...this.#inMemory, ...(this.#waiting === undefined ? [] : [this.#waiting])]',
  ]),
  mutant(
    'edits that wait for the relay are folded',
    ['comes-to-rest'],
    200,
    [`${client}/sync/fold.ts`, '(ref <= head.ackedRef && !rejected.has(ref))', '!rejected.has(ref)'],
    [
      `${client}/device-store/device-head.ts`,
      'return !isInOutbox(head, stored) && !isRejected(head, stored)',
      'return true',
    ],
  ),
  mutant('nobody says again that they are here', ['awareness-is-true'], 60, [
    `${client}/room/presence.ts`,
    'this.awareness.setLocalState(this.awareness.getLocalState())',
    '',
  ]),
]

type Change = readonly [file: string, find: string, put: string]

function mutant(name: string, breaks: readonly OracleName[], seedsMax: number, ...changes: readonly Change[]): Mutant {
  return { name, breaks, seedsMax, replacements: changes.map(([file, find, put]) => ({ file, find, put })) }
}
