import type { Period } from './model'

/** A span of days, both included, as YYYY-MM-DD in the reader's zone. */
export type Span = { from: string; to: string }

export function isoDay(date: Date): string {
  const pad = (n: number, width: number) => String(n).padStart(width, '0')
  return `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1, 2)}-${pad(date.getDate(), 2)}`
}

export function parseDay(day: string): Date | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day)
  if (!match) return null
  const date = new Date(Number(match[1]), Number(match[2]) - 1, Number(match[3]))
  return isoDay(date) === day ? date : null
}

function shift(date: Date, by: number): Date {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + by)
}

/** The day after, for half-open ranges of instants. */
export function nextDay(day: string): string {
  const date = parseDay(day)
  return date ? isoDay(shift(date, 1)) : day
}

/** The instant at which a day begins here. */
export function startOfDay(day: string): string {
  return (parseDay(day) ?? new Date(Number.NaN)).toISOString()
}

/** Weeks begin on Monday. */
export function spanOf(period: Period, now: Date): Span {
  const span = (from: Date, to: Date): Span => ({ from: isoDay(from), to: isoDay(to) })
  const [year, month] = [now.getFullYear(), now.getMonth()]
  switch (period) {
    case 'today':
      return span(now, now)
    case 'yesterday':
      return span(shift(now, -1), shift(now, -1))
    case 'thisWeek': {
      const monday = shift(now, -((now.getDay() + 6) % 7))
      return span(monday, shift(monday, 6))
    }
    case 'thisMonth':
      return span(new Date(year, month, 1), new Date(year, month + 1, 0))
    case 'thisYear':
      return span(new Date(year, 0, 1), new Date(year, 11, 31))
    case 'last7':
      return span(shift(now, -6), now)
    case 'last30':
      return span(shift(now, -29), now)
    case 'next7':
      return span(now, shift(now, 6))
    case 'next30':
      return span(now, shift(now, 29))
  }
}
