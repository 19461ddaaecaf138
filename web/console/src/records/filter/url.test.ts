import { describe, expect, it } from 'vitest'
import { parseSearch, stringifySearch } from '../../search'
import { readListSearch } from '../list/search'
import type { Condition } from './model'
import { readCondition, readConditions, writeCondition } from './url'

const conditions: Condition[] = [
  { path: ['name'], op: 'contains', values: ['x'] },
  { path: ['account', 'region'], op: 'in', values: ['N', 'S'] },
  { path: ['name'], op: 'eq', values: ['a,b\\c:d&e=f#g %20 晨光'] },
  { path: ['amount'], op: 'between', values: ['', '20'] },
  { path: ['owner'], op: 'me', values: [] },
  { path: ['name'], op: 'eq', values: ['trailing\\'] },
]

describe('conditions in an address', () => {
  it.each(conditions)('come back as they were: %j', (condition) => {
    const search = stringifySearch({ f: [writeCondition(condition)] })
    expect(readConditions(readListSearch(parseSearch(search)).f ?? [])).toEqual([condition])
  })

  it('stand there readable', () => {
    expect(stringifySearch({ f: ['account.region:in:N,S', 'owner:me'], sort: '-amount' })).toBe(
      '?f=account.region:in:N,S&f=owner:me&sort=-amount',
    )
  })

  it.each(['', 'name', 'name:', 'name:nosuch:x', 'a.b.c:eq:x', ':eq:x', 'na me:eq:x', 'name:toString:x', '__proto__:eq:x'])(
    'refuses %j',
    (text) => {
      expect(readCondition(text)).toBeNull()
    },
  )
})

describe('readListSearch', () => {
  it('takes what it knows and nothing else', () => {
    expect(readListSearch({ f: 'name:eq:x', sort: '-name', size: '100', after: 'c', page: '3', evil: 'x' })).toEqual({
      f: ['name:eq:x'],
      sort: '-name',
      size: 100,
      after: 'c',
      before: undefined,
      page: 3,
    })
  })

  it.each([['size', '7'], ['size', '-1'], ['size', 'x'], ['page', '2']])('leaves out %s=%s', (key, value) => {
    expect(Object.values(readListSearch({ [key]: value })).every((part) => part === undefined)).toBe(true)
  })

  it('goes one way only', () => {
    expect(readListSearch({ after: 'a', before: 'b' }).before).toBeUndefined()
  })

  it('bounds the number of conditions', () => {
    expect(readListSearch({ f: Array.from({ length: 500 }, () => 'name:eq:x') }).f).toHaveLength(20)
  })
})
