import { describe, expect, it } from 'vitest'
import { field } from '../test-workspace'
import { colorOf } from './color'
import { formatCount, formatDate, formatDateTime, formatMoney, formatNumber, formatValue, localeOf } from './format'

describe('formatMoney', () => {
  it.each([
    ['1234567.00', 'USD', 'en-US', '$1,234,567'],
    ['1234.5', 'USD', 'en-US', '$1,234.50'],
    ['1234.567', 'EUR', 'en-US', '€1,234.567'],
    ['99999999999999999999.99', 'USD', 'en-US', '$99,999,999,999,999,999,999.99'],
    ['-3', 'CNY', 'zh-CN', '-¥3'],
    ['3', 'CNY', 'en-US', 'CN¥3'],
    ['3', 'JPY', 'en-US', '¥3'],
    ['3', 'USD', 'zh-CN', 'US$3'],
    ['12.5', null, 'en-US', '12.50'],
    ['12', 'X1', 'en-US', '12'],
  ])('%s %s in %s', (amount, currency, locale, text) => {
    expect(formatMoney({ amount, currency }, locale)).toBe(text)
  })

  it('is empty without an amount', () => {
    expect(formatMoney({ amount: null, currency: 'USD' }, 'en-US')).toBe('')
  })
})

describe('formatValue of decimals', () => {
  it.each([
    ['7.74610000', '7.7461'],
    ['22.0000', '22'],
    ['523.590000', '523.59'],
    ['0.00', '0.00'],
    ['1234.50', '1,234.50'],
    ['100', '100'],
  ])('%s', (value, text) => {
    expect(formatValue(value, field('rate', 'decimal'), 'en-US')).toBe(text)
  })
})

describe('numbers and days', () => {
  it('keeps all digits', () => {
    expect(formatNumber('12345678901234567890.123', 'en-US')).toBe('12,345,678,901,234,567,890.123')
    expect(formatNumber('not a number', 'en-US')).toBe('not a number')
  })

  it('follows the locale', () => {
    expect(formatDate('2026-03-01', 'en-GB')).toBe('1 Mar 2026')
    expect(formatDate('2026-03-01', 'zh-CN')).toBe('2026年3月1日')
    expect(formatDate('soon', 'en-GB')).toBe('soon')
    expect(formatDateTime('soon', 'en-GB')).toBe('soon')
  })

  it('tells where the server stopped counting', () => {
    expect(formatCount(9999, 10_000, 'en-US')).toBe('9,999')
    expect(formatCount(10_000, 10_000, 'en-US')).toBe('10,000+')
  })

  it('takes the reader’s own variant of a language', () => {
    expect(localeOf('en', ['zh-CN', 'en-GB', 'en-US'])).toBe('en-GB')
    expect(localeOf('zh', ['en-GB'])).toBe('zh-CN')
    expect(localeOf('en', ['ende'])).toBe('en')
  })
})

describe('formatValue', () => {
  it('goes by kind', () => {
    expect(formatValue(1200, field('n', 'integer'), 'en-US')).toBe('1,200')
    expect(formatValue({ id: 'a', title: 'A' }, field('l', 'lookup'), 'en-US')).toBe('A')
    expect(formatValue(null, field('n', 'text'), 'en-US')).toBe('')
    expect(formatValue('2026', field('n', 'text'), 'en-US')).toBe('2026')
  })

  it('knows colours, and grey for the rest', () => {
    expect([colorOf('green'), colorOf('purple'), colorOf(null), colorOf('url(x)')]).toEqual(['green', 'grape', 'gray', 'gray'])
  })
})
