import type { FieldMeta } from '../../objects/model'
import { parseDay } from '../filter/days'
import { isComposite, isFiles, isLinks, isMoney, isRef } from '../model'
import type { Composite, Money, Value } from '../model'
import { formatDuration } from './duration'
import { plainText } from './html'

/**
 * Values as people read them. Amounts and decimals are strings and stay exact:
 * Intl.NumberFormat reads decimal text without going through a float.
 */

/** The reader's own variant of a language ("en-GB" for "en"), when the browser names one. */
export function localeOf(lang: string, preferred: readonly string[]): string {
  const own = preferred.find((tag) => tag === lang || tag.startsWith(`${lang}-`))
  return own ?? (lang === 'zh' ? 'zh-CN' : lang)
}

const decimal = /^-?\d+(\.\d+)?$/

function isDecimalText(text: string): text is `${number}` {
  return decimal.test(text)
}

function digitsAfterPoint(text: string): number {
  return Math.min(text.split('.')[1]?.length ?? 0, 20)
}

export function formatNumber(value: string | number, locale: string, scale?: number | null): string {
  const text = String(value)
  if (!isDecimalText(text)) return text
  const digits = scale ?? digitsAfterPoint(text)
  return new Intl.NumberFormat(locale, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(text)
}

/** Whole amounts are shown without a fraction, others with all digits the server keeps. The sign of the currency is one that tells yuan from yen. */
export function formatMoney(money: Money, locale: string): string {
  const { amount, currency } = money
  if (amount === null || !isDecimalText(amount)) return ''
  const whole = !/\.\d*[1-9]/.test(amount)
  const digits = whole ? 0 : Math.max(digitsAfterPoint(amount.replace(/0+$/, '')), 2)
  const options: Intl.NumberFormatOptions = { minimumFractionDigits: digits, maximumFractionDigits: digits }
  if (currency === null || !/^[A-Z]{3}$/.test(currency)) return new Intl.NumberFormat(locale, options).format(amount)
  return new Intl.NumberFormat(locale, { ...options, style: 'currency', currency }).format(amount)
}

export function formatDate(value: string, locale: string): string {
  const date = parseDay(value)
  return date ? new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(date) : value
}

export function formatDateTime(value: string, locale: string): string {
  const date = new Date(value)
  if (Number.isNaN(date.getTime())) return value
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(date)
}

/** The count of a list, "10,000+" where the server stopped counting. */
export function formatCount(total: number, cap: number, locale: string): string {
  const text = formatNumber(Math.min(total, cap), locale)
  return total >= cap ? `${text}+` : text
}

/** Up to two places are as they are kept, as amounts are; of more, zeros at the end say nothing: 7.74610000 is 7.7461, 22.0000 is 22. */
function significant(text: string): string {
  return digitsAfterPoint(text) > 2 ? text.replace(/\.?0+$/, '') : text
}

/** A number of percents: 12.50 is 12.5 %. */
function formatPercent(text: string, locale: string): string {
  const digits = text.includes('.') ? text.replace(/\.?0+$/, '') : text
  return `${formatNumber(digits, locale)}\u00A0%`
}

/** Addresses as their language writes them: from the country down in Chinese, from the street up elsewhere. */
export function formatParts({ parts }: Composite): string {
  if (parts.lat !== undefined) return `${parts.lat}, ${parts.lng ?? ''}`
  if (parts.full !== undefined) return parts.full
  const down = [parts.region, parts.city, parts.district, parts.street]
  const chinese = down.some((part) => /\p{Script=Han}/u.test(part ?? ''))
  const words = chinese
    ? [down.filter((part) => part !== undefined).join(''), parts.postalCode, parts.country]
    : [parts.street, parts.district, [parts.postalCode, parts.city].filter((part) => part !== undefined).join(' '), parts.region, parts.country]
  return words.filter((part) => part !== undefined && part !== '').join(', ')
}

/** A number of bytes in the unit that suits it. */
export function formatSize(bytes: number, locale: string): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const
  const power = Math.min(Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1024)), units.length - 1)
  const options: Intl.NumberFormatOptions = { style: 'unit', unit: units[power] ?? 'byte', unitDisplay: 'short', maximumFractionDigits: power === 0 ? 0 : 1 }
  return new Intl.NumberFormat(locale, options).format(bytes / 1024 ** power)
}

/** Numbers and money are as text, lookups their title, the rest as it is; labels of selects are the caller's. */
export function formatValue(value: Value, field: FieldMeta, locale: string): string {
  if (value === null) return ''
  if (isMoney(value)) return formatMoney(value, locale)
  if (isRef(value)) return value.title ?? ''
  if (isComposite(value)) return formatParts(value)
  if (isLinks(value)) return value.links.map((ref) => ref.title ?? '').join(', ')
  if (isFiles(value)) return value.files.map((file) => file.name).join(', ')
  if (Array.isArray(value)) return value.join(', ')
  switch (field.kind) {
    case 'integer':
      return formatNumber(String(value), locale, 0)
    case 'decimal':
      return formatNumber(significant(String(value)), locale)
    case 'percent':
      return formatPercent(String(value), locale)
    case 'duration':
      return formatDuration(String(value))
    case 'time':
      return String(value).replace(/:00$/, '')
    case 'rating':
      return formatNumber(String(value), locale, 0)
    case 'richText':
      return plainText(String(value))
    case 'date':
      return formatDate(String(value), locale)
    case 'dateTime':
      return formatDateTime(String(value), locale)
    default:
      return String(value)
  }
}
