import { describe, expect, it } from 'vitest'
import { formatDuration, parseDuration } from './duration'

describe('durations', () => {
  it.each([
    ['1h 30m', 'PT1H30M'],
    ['1H30M', 'PT1H30M'],
    ['1:30', 'PT1H30M'],
    ['2d', 'P2D'],
    ['1w 2d 3h', 'P1W2DT3H'],
    ['-45m', '-PT45M'],
    ['0m', 'PT0S'],
    ['1小时30分', 'PT1H30M'],
    ['PT1.5S', 'PT1.5S'],
    ['3 days', null],
    ['P', null],
    ['', null],
  ])('reads %s', (text, value) => {
    expect(parseDuration(text)).toBe(value)
  })

  it.each([
    ['PT1H30M', '1h 30m'],
    ['P1W2DT3H', '1w 2d 3h'],
    ['-PT45M', '-45m'],
    ['PT0S', '0m'],
    ['P1M', 'P1M'],
  ])('writes %s', (value, text) => {
    expect(formatDuration(value)).toBe(text)
  })
})
