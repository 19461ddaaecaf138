import { describe, expect, it } from 'vitest'
import { isoDay, nextDay, parseDay, spanOf } from './days'
import { periods } from './model'

const wednesday = new Date(2026, 2, 18, 23, 59)

describe('spanOf', () => {
  it.each([
    ['today', '2026-03-18', '2026-03-18'],
    ['yesterday', '2026-03-17', '2026-03-17'],
    ['thisWeek', '2026-03-16', '2026-03-22'],
    ['thisMonth', '2026-03-01', '2026-03-31'],
    ['thisYear', '2026-01-01', '2026-12-31'],
    ['last7', '2026-03-12', '2026-03-18'],
    ['last30', '2026-02-17', '2026-03-18'],
    ['next7', '2026-03-18', '2026-03-24'],
    ['next30', '2026-03-18', '2026-04-16'],
  ] as const)('%s', (period, from, to) => {
    expect(spanOf(period, wednesday)).toEqual({ from, to })
  })

  it('begins weeks on Monday, on Sundays too', () => {
    expect(spanOf('thisWeek', new Date(2026, 2, 22))).toEqual({ from: '2026-03-16', to: '2026-03-22' })
  })

  it('never ends before it begins', () => {
    for (const period of periods) {
      const { from, to } = spanOf(period, new Date(2024, 1, 29))
      expect(from <= to).toBe(true)
    }
  })
})

describe('days', () => {
  it('knows which exist', () => {
    expect(parseDay('2026-02-29')).toBeNull()
    expect(parseDay('2026-2-9')).toBeNull()
    expect(parseDay('2024-02-29')).not.toBeNull()
  })

  it('goes over the ends of months and years', () => {
    expect(nextDay('2026-12-31')).toBe('2027-01-01')
    expect(nextDay('2024-02-28')).toBe('2024-02-29')
    expect(isoDay(new Date(2026, 0, 5))).toBe('2026-01-05')
  })
})
