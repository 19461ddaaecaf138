import { expect, it } from 'vitest'
import { safeTarget } from './session'

it.each([
  ['/o/accounts?f=name:eq:x', '/o/accounts?f=name:eq:x'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https://evil.example', '/'],
  ['javascript:alert(1)', '/'],
  ['/sign-in?to=/x', '/'],
  [undefined, '/'],
])('goes from %s to %s', (to, target) => {
  expect(safeTarget(to)).toBe(target)
})
