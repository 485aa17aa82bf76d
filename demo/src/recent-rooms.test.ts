import { describe, expect, it } from 'vitest'
import { parseRecentRooms, recentRoomsMax, withOpened } from './recent-rooms.ts'

describe('the recent rooms', () => {
  it('begin with the one opened last, each once', () => {
    expect(withOpened(['a', 'b'], 'b')).toEqual(['b', 'a'])
    expect(withOpened(['a', 'b'], 'c')).toEqual(['c', 'a', 'b'])
  })

  it('forget the one opened longest ago', () => {
    const full = Array.from({ length: recentRoomsMax }, (_, index) => `room-${index}`)
    const next = withOpened(full, 'new')
    expect(next).toHaveLength(recentRoomsMax)
    expect(next).not.toContain(`room-${recentRoomsMax - 1}`)
  })

  it.each([undefined, null, 7, {}, 'a'])('are none when %j was stored', (found) => {
    expect(parseRecentRooms(found)).toEqual([])
  })

  it('leave out what is no name', () => {
    expect(parseRecentRooms(['a', 7, '', 'a', 'b\n\nc', 'd'])).toEqual(['a', 'd'])
  })
})
