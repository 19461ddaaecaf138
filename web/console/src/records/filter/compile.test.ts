import { describe, expect, it } from 'vitest'
import { field, object, opportunity, workspace } from '../test-workspace'
import { compileFilter } from './compile'
import { startOfDay } from './days'
import type { Condition } from './model'
import { readConditions } from './url'

const now = new Date(2026, 2, 18, 15, 30)
const compile = (...texts: string[]) => compileFilter(readConditions(texts), opportunity, { workspace, now })

describe('conditions on a reference to several objects', () => {
  const note = object('note', 'notes', [field('about', 'polymorphic', { targets: ['account', 'hidden'] })])
  const compileNote = (text: string) => compileFilter(readConditions([text]), note, { workspace, now })
  it.each<[string, unknown]>([
    ['about.account:in:a,b', { about: { account: { id: { in: ['a', 'b'] } } } }],
    ['about.account:notIn:a', { not: { about: { account: { id: { in: ['a'] } } } } }],
    ['about:empty', { about: { isNull: true } }],
    ['about.hidden:in:a', undefined],
    ['about.opportunity:in:a', undefined],
  ])('%s', (text, want) => expect(compileNote(text)).toEqual(want))
})

describe('compileFilter', () => {
  it('is undefined without conditions', () => {
    expect(compile()).toBeUndefined()
  })

  it.each<[string, unknown]>([
    ['name:contains:net', { name: { iContains: 'net' } }],
    ['name:startsWith:A', { name: { iStartsWith: 'A' } }],
    ['name:eq:A', { name: { eq: 'A' } }],
    ['name:empty', { name: { isNull: true } }],
    ['stage:in:OPEN,WON', { stage: { in: ['OPEN', 'WON'] } }],
    ['stage:notIn:WON', { stage: { notIn: ['WON'] } }],
    ['hot:isFalse', { hot: { eq: false } }],
    ['seats:gte:12', { seats: { gte: 12 } }],
    ['rate:lt:0.1', { rate: { lt: '0.1' } }],
    ['amount:gte:10.50', { amount: { gte: '10.50' } }],
    ['amount:between:10,20', { amount: { gte: '10', lte: '20' } }],
    ['amount:between:,20', { amount: { lte: '20' } }],
    ['closeDate:on:2026-03-01', { closeDate: { gte: '2026-03-01', lte: '2026-03-01' } }],
    ['closeDate:before:2026-03-01', { closeDate: { lte: '2026-02-28' } }],
    ['closeDate:after:2026-02-28', { closeDate: { gte: '2026-03-01' } }],
    ['closeDate:period:thisMonth', { closeDate: { gte: '2026-03-01', lte: '2026-03-31' } }],
    ['owner:me', { owner: { id: { eq: 'u1' } } }],
    ['account:in:a,b', { account: { id: { in: ['a', 'b'] } } }],
    ['account:notIn:a', { not: { account: { id: { in: ['a'] } } } }],
    ['account:empty', { account: { isNull: true } }],
    ['account.region:in:N', { account: { region: { in: ['N'] } } }],
    ['account.parent:in:a', { account: { parent: { id: { in: ['a'] } } } }],
  ])('%s', (text, filter) => {
    expect(compile(text)).toEqual(filter)
  })

  it('makes days of instants half open, in the reader’s zone', () => {
    expect(compile('nextCallAt:on:2026-03-01')).toEqual({
      nextCallAt: { gte: startOfDay('2026-03-01'), lt: startOfDay('2026-03-02') },
    })
  })

  it('joins several conditions', () => {
    expect(compile('stage:in:WON', 'hot:isTrue')).toEqual({ and: [{ stage: { in: ['WON'] } }, { hot: { eq: true } }] })
  })

  it.each(['nosuch:eq:1', 'masked:eq:1', 'account.nosuch:eq:1', 'name.region:eq:1', 'closeDate:on:2026-02-30', 'closeDate:period:ever', 'name:contains:'])(
    'leaves out what does not apply: %s',
    (text) => {
      expect(compile(text)).toBeUndefined()
    },
  )

  it('does not take a target the caller may not see for a way', () => {
    const condition: Condition = { path: ['secretOf', 'name'], op: 'eq', values: ['x'] }
    expect(compileFilter([condition], opportunity, { workspace, now })).toBeUndefined()
  })
})
