import { describe, expect, it } from 'vitest'
import { palette } from './colour.ts'
import { peersMax, readPeers } from './presence.ts'

describe('the peers of a room', () => {
  it('are the others, with name, colour and selection', () => {
    const ada = { user: { name: 'Ada', color: '#112233' }, cursor: { anchor: { a: 1 }, head: { b: 2 } } }
    const states = new Map<number, unknown>([
      [1, { user: { name: 'me' } }],
      [2, ada],
    ])
    expect(readPeers(states, 1)).toEqual([
      { clientID: 2, name: 'Ada', colour: '#112233', cursor: { anchor: { a: 1 }, head: { b: 2 } } },
    ])
  })

  it('keep their order while others come', () => {
    const ids = (states: Map<number, unknown>): number[] => readPeers(states, 0).map(({ clientID }) => clientID)
    expect(
      ids(
        new Map([
          [9, {}],
          [3, {}],
        ]),
      ),
    ).toEqual([3, 9])
    expect(
      ids(
        new Map([
          [9, {}],
          [5, {}],
          [3, {}],
        ]),
      ),
    ).toEqual([3, 5, 9])
  })

  it.each([null, 7, 'x', {}, { user: 7, cursor: null }, { user: { name: '\n', color: 'url(//evil)' }, cursor: {} }])(
    'are guests in a colour of ours when they say %j',
    (state) => {
      const clientID = 2 ** 53 - 1
      expect(readPeers(new Map([[clientID, state]]), 1)).toEqual([
        { clientID, name: 'Guest', colour: palette[clientID % palette.length]!.hex, cursor: undefined },
      ])
    },
  )

  it('are drawn up to a bound', () => {
    const crowd = new Map(Array.from({ length: peersMax + 10 }, (_, index) => [index + 1, {}]))
    expect(readPeers(crowd, 0)).toHaveLength(peersMax)
  })
})
