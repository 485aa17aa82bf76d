import { describe, expect, it } from 'vitest'
import { deviceSetting, type SettingStorage } from './device-settings.ts'

function storage(initial: Record<string, string> = {}): SettingStorage & { readonly values: Map<string, string> } {
  const values = new Map(Object.entries(initial))
  return {
    values,
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => void values.set(key, value),
  }
}

const parseCount = (found: unknown): number => (typeof found === 'number' ? found : 0)

describe('a device setting', () => {
  it('is read back by another page of the same device', () => {
    const shared = storage()
    deviceSetting(() => shared, 'count', parseCount).write(3)
    expect(deviceSetting(() => shared, 'count', parseCount).read()).toBe(3)
  })

  it('hands nothing, and what is not JSON, to its parser as undefined', () => {
    expect(deviceSetting(() => storage(), 'count', parseCount).read()).toBe(0)
    expect(deviceSetting(() => storage({ count: '{' }), 'count', parseCount).read()).toBe(0)
  })

  it('lives as long as the page where the browser keeps nothing', () => {
    const setting = deviceSetting(
      () => {
        throw new DOMException('The operation is insecure.', 'SecurityError')
      },
      'count',
      parseCount,
    )
    expect(setting.read()).toBe(0)
    setting.write(3)
    expect(setting.read()).toBe(3)
  })

  it('keeps what could not be stored over what was stored before', () => {
    const full = {
      ...storage({ count: '1' }),
      setItem: () => {
        throw new DOMException('Full.', 'QuotaExceededError')
      },
    }
    const setting = deviceSetting(() => full, 'count', parseCount)
    setting.write(2)
    expect(setting.read()).toBe(2)
  })
})
