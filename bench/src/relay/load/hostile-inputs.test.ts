import { decodeUpdate } from '@syncline/core'
import { describe, expect, it } from 'vitest'
import * as Y from 'yjs'
import { hostileInputs, hostileUpdates } from './hostile-inputs.ts'

describe('hostile inputs', () => {
  it('are 64', () => {
    expect(hostileInputs()).toHaveLength(64)
  })

  it.each(hostileUpdates())('nobody takes for an update: %s', (_, update) => {
    expect(() => decodeUpdate(update)).toThrow()
    expect(() => {
      Y.applyUpdate(new Y.Doc(), update)
    }).toThrow()
  })
})
