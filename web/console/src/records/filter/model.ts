import { fieldOf, isLookup, isTextual } from '../../objects/model'
import type { FieldMeta, ObjectMeta, Workspace } from '../../objects/model'

/**
 * How a person compares a field. Some are operators of the data API, others are
 * made of several: between, a period of days, "me".
 */
export type Operator =
  | 'contains'
  | 'startsWith'
  | 'endsWith'
  | 'eq'
  | 'ne'
  | 'lt'
  | 'lte'
  | 'gt'
  | 'gte'
  | 'between'
  | 'in'
  | 'notIn'
  | 'on'
  | 'before'
  | 'after'
  | 'period'
  | 'isTrue'
  | 'isFalse'
  | 'me'
  | 'empty'
  | 'notEmpty'

/** One condition. The path is a field, a lookup and a field of its target, or a polymorphic lookup and one of its objects. */
export type Condition = { path: string[]; op: Operator; values: string[] }

export const periods = ['today', 'yesterday', 'thisWeek', 'thisMonth', 'thisYear', 'last7', 'last30', 'next7', 'next30'] as const
export type Period = (typeof periods)[number]

const ordered: Operator[] = ['eq', 'ne', 'gt', 'gte', 'lt', 'lte', 'between']
const days: Operator[] = ['period', 'on', 'before', 'after', 'between']
const nullness: Operator[] = ['empty', 'notEmpty']

function comparisons(field: FieldMeta): Operator[] {
  if (isTextual(field)) return ['contains', 'eq', 'ne', 'startsWith', 'endsWith']
  switch (field.kind) {
    case 'integer':
    case 'decimal':
    case 'currency':
    case 'percent':
    case 'rating':
      return ordered
    case 'time':
      return ['gte', 'lte', 'between', 'eq']
    case 'multiSelect':
      return ['in', 'notIn']
    case 'json':
    case 'address':
    case 'geoPoint':
    case 'duration':
    case 'polymorphic':
    case 'manyToMany':
    case 'file':
      return []
    case 'boolean':
      return ['isTrue', 'isFalse']
    case 'date':
    case 'dateTime':
      return days
    case 'select':
      return ['in', 'notIn']
    case 'user':
      return ['me', 'in', 'notIn']
    case 'lookup':
      return ['in', 'notIn']
    case 'principal':
      return ['eq', 'ne']
    default:
      return ['eq']
  }
}

/** What a field may be compared by, the usual one first. */
export function operatorsOf(field: FieldMeta): Operator[] {
  const own = comparisons(field)
  return own.length > 0 && (field.required || field.system) ? own : [...own, ...nullness]
}

/** How many values an operator needs; Infinity for a list of any length above zero. */
export function arity(op: Operator): number {
  switch (op) {
    case 'isTrue':
    case 'isFalse':
    case 'me':
    case 'empty':
    case 'notEmpty':
      return 0
    case 'between':
      return 2
    case 'in':
    case 'notIn':
      return Infinity
    default:
      return 1
  }
}

/** A condition is complete when it has the values that its operator needs. */
export function isComplete(condition: Condition): boolean {
  const need = arity(condition.op)
  const filled = condition.values.filter((value) => value !== '').length
  if (need === Infinity) return filled > 0
  // One open end is a fair range.
  if (need === 2) return filled > 0
  return filled >= need
}

/** A polymorphic lookup as far as it refers to one of its objects: the data API has a field for each. */
export function asLookup(field: FieldMeta, target: ObjectMeta): FieldMeta {
  return { ...field, kind: 'lookup', name: target.name, target: target.name, label: target.label, system: true }
}

/** A condition's field, with the lookup on the way; undefined when the caller may not see them. */
export type Resolved = { field: FieldMeta; hop?: FieldMeta; owner: ObjectMeta }

export function resolve(path: string[], object: ObjectMeta, workspace: Workspace): Resolved | undefined {
  const [first, second, ...rest] = path
  if (first === undefined || rest.length > 0) return undefined
  const field = fieldOf(object, first)
  if (!field?.filterable) return undefined
  if (second === undefined) return { field, owner: object }
  if (field.kind === 'polymorphic') {
    const target = workspace.targets(field).find((known) => known.name === second)
    return target && { field: asLookup(field, target), hop: field, owner: object }
  }
  const target = isLookup(field) ? workspace.target(field) : undefined
  const inner = target && fieldOf(target, second)
  return target && inner?.filterable ? { field: inner, hop: field, owner: target } : undefined
}
