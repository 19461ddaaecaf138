import { parse } from 'graphql'
import { describe, expect, it } from 'vitest'
import { readPage, readRecord, titleOf } from './read'
import { countsQuery, createMutation, deleteMutation, filledQuery, listQuery, recordQuery, relatedQuery, restoreMutation, selectRecord, updateMutation } from './selection'
import { compileSort, isSortable, nextSort, readSort, writeSort } from './sort'
import { Workspace } from '../objects/model'
import { account, field, object, opportunity, workspace } from './test-workspace'

describe('the texts of operations', () => {
  it('are GraphQL', () => {
    const texts = [
      listQuery(opportunity, opportunity.fields, workspace),
      recordQuery(opportunity, opportunity.fields, workspace),
      relatedQuery(account, 'opportunities', opportunity.fields, workspace),
      filledQuery(account, ['opportunities', 'contacts']),
      countsQuery([account, opportunity]),
      createMutation(opportunity),
      updateMutation(opportunity),
      deleteMutation(opportunity),
      restoreMutation(opportunity),
    ]
    for (const text of texts) expect(() => parse(text)).not.toThrow()
  })

  it('name types and operations as the data API does', () => {
    expect(listQuery(opportunity, [], workspace)).toContain('$filter: OpportunityFilter, $orderBy: [OpportunityOrderBy!]')
    expect(createMutation(opportunity)).toContain('$input: OpportunityInput!')
    expect(updateMutation(opportunity)).toContain('$input: OpportunityPatch!')
    expect(deleteMutation(opportunity)).toContain('deleteOpportunity(id: $id, ifVersion: $ifVersion)')
  })

  it('ask for a title of several parts by its parts', () => {
    const person = object('person', 'people', [field('name', 'personName')])
    const desk = object('desk', 'desks', [field('owner', 'lookup', { target: 'person' }), field('home', 'address')])
    const small = new Workspace({ ...workspace.viewer, objects: [person, desk] })
    expect(selectRecord(desk.fields, small)).toContain('owner { id name { full family given } }')
    const node = { id: '1', version: 1, owner: { id: 'p', name: { full: 'Ada', family: null, given: null } } }
    expect(readRecord(node, desk.fields, small)?.values['owner']).toEqual({ id: 'p', title: 'Ada' })
    expect(desk.fields.filter((entry) => !isSortable(entry, small)).map((entry) => entry.name)).toEqual(['home'])
  })

  it('ask for each object of a reference, for linked records and files, and read them back', () => {
    const fields = [
      field('about', 'polymorphic', { targets: ['account', 'user', 'hidden'] }),
      field('tags', 'manyToMany', { target: 'account' }),
      field('papers', 'file', { maxFiles: 3 }),
    ]
    const text = selectRecord(fields, workspace)
    expect(text).toBe('id version about { object id account { id name } user { id name } } tags(first: 100) { totalCount nodes { id name } } papers { id name size url }')
    const papers = [{ id: 'f', name: 'a.pdf', size: 12, url: '/files/f' }]
    const node = { id: '1', version: 1, about: { object: 'user', id: 'u', account: null, user: { id: 'u', name: 'U' } }, tags: { totalCount: 7, nodes: [{ id: 'a', name: 'A' }] }, papers }
    const values = readRecord(node, fields, workspace)?.values
    expect(values).toEqual({ about: { id: 'u', title: 'U', object: 'user' }, tags: { links: [{ id: 'a', title: 'A' }], total: 7 }, papers: { files: papers } })
    const none = readRecord({ id: '1', about: { object: null, id: null }, papers: null }, fields, workspace)?.values
    expect(none).toEqual({ about: null, tags: null, papers: null })
  })

  it('ask for lookups with the title of their target, and leave out those to hidden objects', () => {
    expect(selectRecord(opportunity.fields, workspace)).toBe(
      'id version name account { id name } owner { id name } stage amount { amount currency } seats rate closeDate nextCallAt hot masked',
    )
    expect(selectRecord(account.fields, workspace)).toBe('id version name region parent { id name }')
  })
})

describe('readRecord', () => {
  it('keeps amounts as text and lookups with their title', () => {
    const node = { id: '1', version: 3, name: 'N', amount: { amount: '12345678901234567.89', currency: 'EUR' }, account: { id: 'a', name: 'A' }, hot: false }
    const record = readRecord(node, opportunity.fields, workspace)
    expect(record?.version).toBe(3)
    expect(record?.values['amount']).toEqual({ amount: '12345678901234567.89', currency: 'EUR' })
    expect(record?.values['account']).toEqual({ id: 'a', title: 'A' })
    expect(record?.values['hot']).toBe(false)
    expect(record?.values['owner']).toBeNull()
  })

  it.each([null, undefined, [], 'x', {}, { id: 7 }])('is null for %j', (node) => {
    expect(readRecord(node, opportunity.fields, workspace)).toBeNull()
  })

  it('reads pages, also hidden ones', () => {
    const page = readPage({ nodes: [{ id: '1', version: 1 }, null], totalCount: 2, pageInfo: { hasNextPage: true, endCursor: 'c' } }, [], workspace)
    expect(page).toMatchObject({ total: 2, hasNext: true, hasPrevious: false, end: 'c' })
    expect(page.records).toHaveLength(1)
    expect(readPage(null, [], workspace).records).toEqual([])
  })

  it('names a record by its title, else by its id', () => {
    expect(titleOf({ id: 'abcdefghij', version: 1, values: { name: 'N' } }, account)).toBe('N')
    expect(titleOf({ id: 'abcdefghij', version: 1, values: { name: null } }, account)).toBe('#cdefghij')
  })
})

describe('sorting', () => {
  it('reads and writes addresses', () => {
    expect(readSort('-amount')).toEqual({ field: 'amount', desc: true })
    expect(readSort('amount; drop')).toBeNull()
    expect(writeSort({ field: 'name', desc: false })).toBe('name')
    expect(writeSort(null)).toBeUndefined()
  })

  it('goes up, down, off', () => {
    const up = nextSort(null, 'name')
    const down = nextSort(up, 'name')
    expect([up, down, nextSort(down, 'name')]).toEqual([{ field: 'name', desc: false }, { field: 'name', desc: true }, null])
  })

  it('sorts lookups by their title, and not by what may not be filtered', () => {
    expect(compileSort({ field: 'account', desc: true }, opportunity, workspace)).toEqual([{ account: { name: 'DESC_NULLS_LAST' } }])
    expect(compileSort({ field: 'amount', desc: false }, opportunity, workspace)).toEqual([{ amount: 'ASC_NULLS_LAST' }])
    expect(compileSort({ field: 'masked', desc: false }, opportunity, workspace)).toEqual([])
    expect(isSortable(field('secretOf', 'lookup', { target: 'hidden' }), workspace)).toBe(false)
  })
})
