import { isLookup } from '../../objects/model'
import type { FieldMeta, ObjectMeta, Workspace } from '../../objects/model'
import { isoDay, nextDay, parseDay, spanOf, startOfDay } from './days'
import { isComplete, periods, resolve } from './model'
import type { Condition, Period } from './model'

/** A filter of the data API. */
export type Filter = { [key: string]: unknown }

/** What a filter may depend on beside its conditions. */
export type Context = { workspace: Workspace; now: Date }

function isPeriod(text: string | undefined): text is Period {
  return periods.some((period) => period === text)
}

function number(field: FieldMeta, value: string): string | number {
  return field.kind === 'integer' || field.kind === 'rating' ? Number(value) : value
}

/** A range of days: of dates as they are, of instants half open at the day after. */
function dayRange(field: FieldMeta, from: string | null, to: string | null): Filter | null {
  if ((from !== null && !parseDay(from)) || (to !== null && !parseDay(to))) return null
  const range: Filter = {}
  if (field.kind === 'date') {
    if (from !== null) range['gte'] = from
    if (to !== null) range['lte'] = to
  } else {
    if (from !== null) range['gte'] = startOfDay(from)
    if (to !== null) range['lt'] = startOfDay(nextDay(to))
  }
  return range
}

function previousDay(day: string): string {
  const date = parseDay(day)
  return date ? isoDay(new Date(date.getFullYear(), date.getMonth(), date.getDate() - 1)) : day
}

function between(field: FieldMeta, low: string, high: string): Filter | null {
  if (field.kind === 'date' || field.kind === 'dateTime') return dayRange(field, low || null, high || null)
  const range: Filter = {}
  if (low !== '') range['gte'] = number(field, low)
  if (high !== '') range['lte'] = number(field, high)
  return range
}

/** The comparison of one field; null when its values make no sense for it. */
function compare(field: FieldMeta, condition: Condition, context: Context): Filter | null {
  const [first = '', second = ''] = condition.values
  switch (condition.op) {
    case 'isTrue':
      return { eq: true }
    case 'isFalse':
      return { eq: false }
    case 'empty':
      return { isNull: true }
    case 'notEmpty':
      return { isNull: false }
    case 'in':
      return { [field.kind === 'multiSelect' ? 'hasAny' : 'in']: condition.values }
    case 'me':
      return context.workspace.viewer.userId === null ? null : { eq: context.workspace.viewer.userId }
    case 'between':
      return between(field, first, second)
    case 'on':
      return dayRange(field, first, first)
    case 'before':
      return parseDay(first) ? dayRange(field, null, previousDay(first)) : null
    case 'after':
      return parseDay(first) ? dayRange(field, nextDay(first), null) : null
    case 'period': {
      if (!isPeriod(first)) return null
      const span = spanOf(first, context.now)
      return dayRange(field, span.from, span.to)
    }
    case 'notIn':
      // Through a lookup the whole condition is denied, see compileOne.
      if (field.kind === 'multiSelect') return { hasNone: condition.values }
      return isLookup(field) ? { in: condition.values } : { notIn: condition.values }
    case 'contains':
      return { iContains: first }
    case 'startsWith':
      return { iStartsWith: first }
    case 'endsWith':
      return { iEndsWith: first }
    default:
      return { [condition.op]: number(field, first) }
  }
}

/** Where the comparison of a field stands in the filter of its object. */
function place(field: FieldMeta, comparison: Filter): Filter {
  if (!isLookup(field)) return { [field.name]: comparison }
  return 'isNull' in comparison ? { [field.name]: comparison } : { [field.name]: { id: comparison } }
}

function compileOne(condition: Condition, object: ObjectMeta, context: Context): Filter | null {
  const resolved = resolve(condition.path, object, context.workspace)
  if (!resolved || !isComplete(condition)) return null
  const comparison = compare(resolved.field, condition, context)
  if (!comparison) return null
  const own = place(resolved.field, comparison)
  const filter = resolved.hop ? { [resolved.hop.name]: own } : own
  return condition.op === 'notIn' && isLookup(resolved.field) ? { not: filter } : filter
}

/** All conditions together; undefined when none applies. Conditions that do not apply are left out. */
export function compileFilter(conditions: Condition[], object: ObjectMeta, context: Context): Filter | undefined {
  const parts = conditions
    .map((condition) => compileOne(condition, object, context))
    .filter((part) => part !== null)
  if (parts.length === 0) return undefined
  return parts.length === 1 ? parts[0] : { and: parts }
}
