/** Undo beside Yjs: the same edits, undone and done again at the same moments, emit the same bytes, leave the same steps and show the same. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type * as Y from 'yjs'
import { FUZZ_TIMEOUT_MS, fuzz } from '../fuzz.fixture.ts'
import { Doc, encodeStateAsUpdate, UndoManager, YMap, YText } from '../index.ts'
import { hexOf, makeTwinEdit, shownBy, twinEdit, twinsOf, type Twin, type TwinEdit } from './twin.fixture.ts'

interface Step extends TwinEdit {
  readonly replica: number
  readonly action: number
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc
    .tuple(twinEdit, fc.record({ replica: fc.nat(2), action: fc.nat(19) }))
    .map(([edit, turn]) => Object.assign(turn, edit)),
  { minLength: 5, maxLength: 60, size: 'max' },
)

interface Options {
  readonly gc: boolean
  readonly scope: 'doc' | 'text' | 'all but text'
  readonly ignoreRemoteMapChanges: boolean
  readonly filtered: boolean
}

const options: fc.Arbitrary<Options> = fc.record({
  gc: fc.boolean(),
  scope: fc.constantFrom('doc', 'text', 'all but text'),
  ignoreRemoteMapChanges: fc.boolean(),
  filtered: fc.boolean(),
})

/** What a step holds, in its order. */
function shownStep({ insertions, deletions, meta }: Y.UndoManager['undoStack'][number]): unknown {
  return [shownRanges(insertions), shownRanges(deletions), Array.from(meta)]
}

function shownRanges({ clients }: Y.UndoManager['undoStack'][number]['insertions']): unknown {
  return Array.from(clients, ([client, items]) => [client, items.map(({ clock, len }) => [clock, len])])
}

/** What both have to have alike: at some moments everything, else what was told. */
function shownReplica(twin: Twin, undo: Y.UndoManager, isThorough: boolean): unknown {
  const told = [twin.told.splice(0), undo.undoStack.length, undo.redoStack.length]
  if (!isThorough) return told
  const stacks = [undo.undoStack, undo.redoStack].map((stack) => stack.map(shownStep))
  return [told, stacks, shownBy(twin), hexOf(twin.library.encodeStateAsUpdate(twin.doc))]
}

/** Tracks a twin, and keeps what is told of steps. */
function undoOf({ library, doc, told }: Twin, { scope, ignoreRemoteMapChanges, filtered }: Options): Y.UndoManager {
  const all = [doc.getText('text'), doc.getArray('array'), doc.getMap('map'), doc.getXmlFragment('xml')]
  const tracked = scope === 'doc' ? doc : scope === 'text' ? all[0] : all.slice(1)
  const undo = new library.UndoManager(tracked as Y.Doc, {
    captureTimeout: 1e9,
    ignoreRemoteMapChanges,
    ...(filtered ? { deleteFilter: ({ id, length }) => (id.clock + length) % 3 > 0 } : {}),
  })
  for (const name of ['stack-item-added', 'stack-item-updated', 'stack-item-popped'] as const) {
    undo.on(name, ({ stackItem, type, changedParentTypes }) => {
      if (name === 'stack-item-added') stackItem.meta.set('number', stackItem.meta.size)
      told.push([name, type, changedParentTypes.size, shownStep(stackItem)])
    })
  }
  undo.on('stack-cleared', (event) => told.push(['stack-cleared', event]))
  return undo
}

test('the same is undone, with the same bytes', { timeout: FUZZ_TIMEOUT_MS }, () => {
  fc.assert(
    fc.property(steps, options, fc.nat(2 ** 20), (history, given, shift) => {
      const replicas = [3 + shift, 2, 2 ** 40 + shift].map((clientID) =>
        twinsOf(clientID, given.gc).map((twin) => ({ twin, undo: undoOf(twin, given) })),
      )
      const expectSame = (at: number, isThorough: boolean): void => {
        const [yjs, our] = replicas.at(at)!.map(({ twin, undo }) => shownReplica(twin, undo, isThorough))
        expect(our).toEqual(yjs)
      }
      const send = (from: number, to: number, origin: unknown): void => {
        const { twin } = replicas.at(from)!.at(0)!
        const update = twin.library.encodeStateAsUpdate(twin.doc)
        for (const { twin: receiver } of replicas.at(to)!) receiver.library.applyUpdate(receiver.doc, update, origin)
      }
      history.forEach((step, number) => {
        const { replica, action, at } = step
        for (const { twin, undo } of replicas.at(replica)!) {
          if (action < 10) makeTwinEdit(twin, step)
          else if (action < 12) twin.doc.transact(() => [step, step].forEach((edit) => makeTwinEdit(twin, edit)))
          else if (action < 14) undo.undo()
          else if (action < 16) undo.redo()
          else if (action === 16 && at % 4 === 0) undo.clear(at % 8 > 0, at % 3 > 0)
          else undo.stopCapturing()
        }
        // Without an origin, what comes from others is tracked as well: as in Yjs.
        if (action > 16) send(at % 3, replica, at % 5 === 0 ? null : 'remote')
        try {
          expectSame(replica, number % 8 === 0)
        } catch (error) {
          throw new Error(`at step ${number} ${JSON.stringify(step)}: ${String(error)}`, { cause: error })
        }
      })
      for (let round = 0; round < 2; round++) {
        for (let from = 0; from < 3; from++) for (let to = 0; to < 3; to++) send(from, to, 'remote')
      }
      for (let each = 0; each < 3; each++) expectSame(each, true)
    }),
    fuzz(0.25),
  )
})

test('edits within the capture timeout are one step, by the clock that is given', () => {
  const doc = new Doc()
  const text = doc.getText('text')
  let time = 1000
  const undo = new UndoManager(text, { captureTimeout: 500, now: () => time })
  text.insert(0, 'a')
  time += 499
  text.insert(1, 'b')
  time += 500
  text.insert(2, 'c')
  expect(undo.undoStack.length).toBe(2)
  undo.undo()
  expect(text.toJSON()).toBe('ab')
  undo.redo()
  expect(text.toJSON()).toBe('abc')
})

test('what was deleted is kept for undo, and no longer once the steps are cleared', () => {
  const doc = new Doc()
  const list = doc.getArray('array')
  const undo = new UndoManager(list, { captureTimeout: 0 })
  list.push([new YText('kept')])
  list.delete(0)
  expect(hexOf(encodeStateAsUpdate(doc))).toContain(Buffer.from('kept').toString('hex'))
  undo.undo()
  expect(list.toJSON()).toEqual(['kept'])
  undo.clear()
  list.delete(0)
  undo.destroy()
  expect(undo.canUndo()).toBe(true)
  expect(list.length).toBe(0)
})

test('what is in no document cannot be undone', () => {
  expect(() => new UndoManager(new YText())).toThrow(TypeError)
  expect(() => new UndoManager([])).toThrow(TypeError)
})

test('a key whose value could not be kept is no key when what holds it is deleted', () => {
  const doc = new Doc()
  const map = doc.getMap<YMap>('map')
  const inner = new YMap()
  map.set('inner', inner)
  expect(() => inner.set('key', () => {})).toThrow('Unexpected content type')
  inner.set('other', 1)
  map.delete('inner')
  expect(map.size).toBe(0)
})

test('deeply nested types are deleted, and put back', () => {
  const doc = new Doc({ gc: false })
  const map = doc.getMap('map')
  const undo = new UndoManager(map, { captureTimeout: 0 })
  let inner: YMap = map
  for (let depth = 0; depth < 500; depth++) {
    const next = new YMap()
    inner.set('in', next)
    inner = next
  }
  inner.set('bottom', true)
  undo.stopCapturing()
  map.delete('in')
  undo.undo()
  let depth = 0
  for (let at = map; at.get('bottom') !== true; at = at.get('in') as YMap) depth++
  expect(depth).toBe(500)
})

test('a listener that throws while something is undone keeps nothing from being undone next', () => {
  for (const event of ['update', 'afterTransaction', 'stack-item-popped'] as const) {
    const doc = new Doc()
    const text = doc.getText('text')
    const undo = new UndoManager(text, { captureTimeout: 0 })
    for (const word of ['a', 'b', 'c']) text.insert(0, word)
    const popped: unknown[] = []
    undo.on('stack-item-popped', ({ stackItem }) => popped.push(stackItem))
    let isArmed = true
    const fail = (): void => {
      if (!isArmed) return
      isArmed = false
      throw new Error('a listener')
    }
    if (event === 'stack-item-popped') undo.on(event, fail)
    else doc.on(event, fail)
    const [first, second] = undo.undoStack.toReversed()
    expect(() => undo.undo()).toThrow('a listener')
    expect(text.toJSON()).toBe('ba')
    expect(undo.undo()).toBe(second)
    expect(text.toJSON()).toBe('a')
    expect(popped).toEqual([first, second])
    undo.redo()
    undo.redo()
    expect(text.toJSON()).toBe('cba')
  }
})
