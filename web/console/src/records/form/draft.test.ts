import { describe, expect, it } from 'vitest'
import { field } from '../test-workspace'
import type { RecordData } from '../model'
import { changedFields, checkDraft, creatableFields, draftOf, emptyDraft, inputOf, newDraft, parseNumber, rebase, writableFields } from './draft'
import type { Draft } from './draft'

const name = field('name', 'text', { required: true })
const seats = field('seats', 'integer')
const rate = field('rate', 'decimal')
const amount = field('amount', 'currency')
const account = field('account', 'lookup', { target: 'account' })
const hot = field('hot', 'boolean')
const fields = [name, seats, rate, amount, account, hot]

const record: RecordData = {
  id: '1',
  version: 4,
  values: { name: 'N', seats: 3, rate: '0.50', amount: { amount: '10.00', currency: 'EUR' }, account: { id: 'a', title: 'A' }, hot: null },
}
const base = draftOf(record, fields)
const changed = (more: Draft) => changedFields({ ...base, ...more }, base, fields).map((entry) => entry.name)

describe('changedFields', () => {
  it('is empty for what was not touched', () => {
    expect(changed({})).toEqual([])
  })

  it('sees what was', () => {
    expect(changed({ name: 'M', hot: true, account: null })).toEqual(['name', 'account', 'hot'])
    expect(changed({ amount: { amount: '10', currency: 'USD' } })).toEqual(['amount'])
  })

  it('takes the same amount, written otherwise, for the same', () => {
    expect(changed({ amount: { amount: '1 0', currency: 'EUR' } })).toEqual([])
    expect(changed({ account: { id: 'a', title: null } })).toEqual([])
  })
})

describe('inputOf', () => {
  it('sends exact text, whole numbers, ids, and null for what was cleared', () => {
    const draft: Draft = { name: '  ', seats: '1,200', rate: '0.10', amount: { amount: '1 234.50', currency: 'CNY' }, account: { id: 'b', title: 'B' }, hot: false }
    expect(inputOf(draft, fields)).toEqual({ name: null, seats: 1200, rate: '0.10', amount: { amount: '1234.50', currency: 'CNY' }, account: 'b', hot: false })
    expect(inputOf({ amount: { amount: '', currency: 'CNY' }, account: null }, [amount, account])).toEqual({ amount: null, account: null })
  })
})

describe('references', () => {
  const about = field('about', 'polymorphic', { targets: ['account', 'user'], required: true })
  const tags = field('tags', 'manyToMany', { target: 'account' })
  const papers = field('papers', 'file', { maxFiles: 5 })
  const logo = field('logo', 'file', { maxFiles: 1 })
  const all = [about, tags, papers, logo]
  const ref = (id: string) => ({ id, title: id.toUpperCase() })
  const file = (id: string) => ({ id, name: id, size: 1, url: '/files/' + id })
  const kept = draftOf(
    { id: '1', version: 1, values: { about: { ...ref('a'), object: 'account' }, tags: { links: [ref('x'), ref('y')], total: 120 }, papers: { files: [file('f')] } } },
    all,
  )
  const after = (more: Draft) => {
    const draft = { ...kept, ...more }
    return inputOf(draft, changedFields(draft, kept, all), kept)
  }

  it('send nothing when nothing was changed', () => {
    expect(after({})).toEqual({})
    expect(after({ tags: { links: [ref('y'), ref('x')], total: 120 } })).toEqual({})
  })

  it('name the object of a polymorphic lookup', () => {
    expect(after({ about: { ...ref('a'), object: 'user' } })).toEqual({ about: { object: 'user', id: 'a' } })
    expect(checkDraft({ about: null }, [about])).toEqual([{ field: 'about', reason: 'required' }])
  })

  it('send links as what was added and removed, so that those beyond the first stay', () => {
    expect(after({ tags: { links: [ref('y'), ref('z')], total: 120 } })).toEqual({ tags: { add: ['z'], remove: ['x'] } })
    expect(after({ tags: { links: [], total: 118 } })).toEqual({ tags: { add: [], remove: ['x', 'y'] } })
    expect(inputOf({ tags: { links: [ref('n')], total: 1 } }, [tags])).toEqual({ tags: { add: ['n'], remove: [] } })
  })

  it('send files by id, one as itself', () => {
    expect(after({ papers: { files: [file('f'), file('g')] }, logo: { files: [file('h')] } })).toEqual({ papers: [{ id: 'f' }, { id: 'g' }], logo: { id: 'h' } })
    expect(after({ papers: { files: [] } })).toEqual({ papers: null })
  })
})

describe('forms of new records', () => {
  const number = field('number', 'autoNumber', { filled: true, required: true })
  const at = field('at', 'dateTime', { filled: true, required: true })
  const kind = field('kind', 'select', { default: 'call', required: true })
  const total = field('total', 'decimal', { writable: false })
  const form = creatableFields([number, at, total, seats, account, kind, { ...account, name: 'must', required: true }, name], 'name')

  it('begin with the title and what must be typed, and leave out what is computed', () => {
    expect(form.map((entry) => entry.name)).toEqual(['name', 'must', 'number', 'at', 'seats', 'account', 'kind'])
  })

  it('leave numbers and what a rule gives to the server', () => {
    const fresh = newDraft(form)
    expect(checkDraft(fresh, [number, at, kind])).toEqual([])
    expect(changedFields(fresh, emptyDraft(form), form)).toEqual([])
    expect(checkDraft({ ...fresh, kind: '' }, [kind])).toEqual([{ field: 'kind', reason: 'required' }])
  })

  it('show a number that was given as it is', () => {
    expect(writableFields([number, seats])).toEqual([seats])
  })
})

describe('checkDraft', () => {
  it('finds what cannot be sent', () => {
    const draft: Draft = { name: '', seats: '1.5', rate: 'x', amount: { amount: '5', currency: '' } }
    expect(checkDraft(draft, [name, seats, rate, amount])).toEqual([
      { field: 'name', reason: 'required' },
      { field: 'seats', reason: 'integer' },
      { field: 'rate', reason: 'number' },
      { field: 'amount', reason: 'currency' },
    ])
    expect(checkDraft({ ...draft, seats: '9007199254740993' }, [seats])).toEqual([{ field: 'seats', reason: 'integer' }])
    expect(checkDraft(base, fields)).toEqual([])
  })
})

describe('parseNumber', () => {
  it.each([
    ['1,234.50', '1234.50'],
    ['１２３．５', '123.5'],
    ['−5', '-5'],
    [' 7 ', '7'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['0.1234567890123456789', '0.1234567890123456789'],
  ])('%s', (text, number) => {
    expect(parseNumber(text)).toBe(number)
  })

  it.each(['', '-', '.', '1.2.3', '1e5', 'abc', '0x10'])('refuses %j', (text) => {
    expect(parseNumber(text)).toBeNull()
  })
})

describe('drafts of new records', () => {
  const stage = field('stage', 'select', { default: 'OPEN' })
  const agreed = field('agreed', 'boolean', { required: true })

  it('show defaults without sending them, and an unticked box as the answer no', () => {
    const all = [stage, agreed, hot]
    const draft = newDraft(all)
    expect(draft).toEqual({ stage: 'OPEN', agreed: false, hot: null })
    expect(changedFields(draft, emptyDraft(all), all)).toEqual([agreed])
  })

  it('have no inputs for what one may not write', () => {
    expect(writableFields([name, field('by', 'principal'), field('x', 'text', { writable: false })])).toEqual([name])
  })
})

describe('rebase', () => {
  it('keeps what was typed and takes the rest from the newer record', () => {
    const mine = { ...base, name: 'Mine' }
    const theirs = { ...base, name: 'Theirs', seats: '9' }
    expect(rebase(mine, base, theirs, fields)).toEqual({ ...base, name: 'Mine', seats: '9' })
  })
})

describe('kinds of more than a line', () => {
  const tags = field('tags', 'multiSelect')
  const home = field('home', 'address')
  const person = field('person', 'personName')
  const spent = field('spent', 'duration')
  const extra = field('extra', 'json')
  const place = field('place', 'geoPoint')
  const more = [tags, home, person, spent, extra, place]
  const stored: RecordData = {
    id: '1',
    version: 1,
    values: { tags: ['a', 'b'], home: { parts: { city: '上海' } }, person: { parts: { full: '王芳' } }, spent: 'PT1H30M', extra: null, place: null },
  }
  const before = draftOf(stored, more)

  it('takes the same options in another order, and parts with white space around, for the same', () => {
    const same = { ...before, tags: ['b', 'a'], home: { parts: { city: ' 上海 ', street: '' } } }
    expect(changedFields(same, before, more)).toEqual([])
  })

  it('sends lists, parts, ISO 8601 and JSON', () => {
    const typed = { ...before, person: { parts: { full: '王芳', family: '李' } }, spent: '2d', extra: '{"a": [1]}', place: { parts: { lat: '31.2', lng: '121,5' } } }
    expect(inputOf(typed, more)).toEqual({
      tags: ['a', 'b'],
      home: { city: '上海' },
      person: { family: '李' },
      spent: 'P2D',
      extra: { a: [1] },
      place: { lat: '31.2', lng: '1215' },
    })
  })

  it('clears what was emptied', () => {
    const empty = { tags: [], home: { parts: { city: ' ' } }, person: { parts: {} }, spent: '', extra: '', place: { parts: {} } }
    expect(Object.values(inputOf(empty, more))).toEqual([null, null, null, null, null, null])
  })

  it('tells what cannot be sent', () => {
    const wrong = { ...before, spent: 'soon', extra: '{', place: { parts: { lat: '31' } } }
    expect(checkDraft(wrong, more)).toEqual([
      { field: 'spent', reason: 'duration' },
      { field: 'extra', reason: 'json' },
      { field: 'place', reason: 'number' },
    ])
  })
})
