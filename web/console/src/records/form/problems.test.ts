import { describe, expect, it } from 'vitest'
import { ApiError, readProblems } from '../../api/error'
import { sortProblems } from './problems'

const shown = new Set(['name', 'country', 'amount'])
const problem = (path: (string | number)[], message = 'No.') => ({ code: 'VETOED', path, message })

describe('sortProblems', () => {
  it('puts a problem at its field, wherever the path begins', () => {
    const sorted = sortProblems([problem(['input', 'country'], 'A'), problem(['country'], 'B'), problem(['updateAccount', 'input', 'amount', 'currency'], 'C')], shown)
    expect(sorted).toEqual({ byField: { country: ['A', 'B'], amount: ['C'] }, rest: [] })
  })

  it('keeps the rest: no path, or a field that is not shown', () => {
    const rest = [problem([]), problem(['input', 'secret'])]
    expect(sortProblems(rest, shown)).toEqual({ byField: {}, rest })
  })
})

describe('readProblems', () => {
  it('reads the payload of a mutation', () => {
    expect(readProblems({ errors: [{ code: 'VETOED', path: ['input', 'country'], message: 'No.' }] })).toEqual([problem(['input', 'country'])])
  })

  it('reads GraphQL’s errors: the code and the place in the input are extensions', () => {
    const body = { errors: [{ message: 'No.', path: ['result'], extensions: { code: 'INVALID_INPUT', argument: ['input', 'name'] } }] }
    expect(readProblems(body)).toEqual([{ code: 'INVALID_INPUT', message: 'No.', path: ['input', 'name'] }])
  })

  it.each([null, undefined, 'x', {}, { errors: 'x' }])('is empty for %j', (body) => {
    expect(readProblems(body)).toEqual([])
  })

  it('calls what it cannot read internal', () => {
    expect(new ApiError(readProblems({ errors: [7] })).code).toBe('INTERNAL')
  })
})
