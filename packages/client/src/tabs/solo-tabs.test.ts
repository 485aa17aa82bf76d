import { expect, test } from 'vitest'
import { SoloTabs } from './solo-tabs.ts'

test('a tab that is alone owns the connection from open to close', () => {
  const tabs = new SoloTabs()
  const told: boolean[] = []
  tabs.onOwner((owner) => told.push(owner))
  expect(tabs.owner).toBe(false)
  tabs.open()
  tabs.open()
  expect(tabs.owner).toBe(true)
  tabs.close()
  tabs.close()
  expect(tabs.owner).toBe(false)
  expect(told).toEqual([true, false])
})

test('a tab that was closed before it opened never owns the connection', () => {
  const tabs = new SoloTabs()
  tabs.close()
  tabs.open()
  expect(tabs.owner).toBe(false)
})

test('a listener that was undone is not told', () => {
  const tabs = new SoloTabs()
  const told: boolean[] = []
  const undo = tabs.onOwner((owner) => told.push(owner))
  undo()
  tabs.open()
  expect(told).toEqual([])
})
