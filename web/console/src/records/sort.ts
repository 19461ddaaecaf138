import { fieldOf, isLookup, titleField } from '../objects/model'
import type { FieldMeta, ObjectMeta, Workspace } from '../objects/model'

/** A list is sorted by one field; in an address `name`, or `-name` for descending. */
export type Sort = { field: string; desc: boolean }

export function readSort(text: string | undefined): Sort | null {
  const match = /^(-?)([a-zA-Z][a-zA-Z0-9]*)$/.exec(text ?? '')
  return match?.[2] === undefined ? null : { field: match[2], desc: match[1] === '-' }
}

export function writeSort(sort: Sort | null): string | undefined {
  return sort ? `${sort.desc ? '-' : ''}${sort.field}` : undefined
}

/** The field that a column is sorted by: of a lookup, the title of its target. */
function sortTarget(field: FieldMeta, workspace: Workspace): FieldMeta | undefined {
  if (!isLookup(field)) return field
  const target = workspace.target(field)
  return target && titleField(target)
}

export function isSortable(field: FieldMeta, workspace: Workspace): boolean {
  const target = sortTarget(field, workspace)
  return field.filterable && target?.filterable === true && target.sortable
}

/** Ascending, descending, then as the server likes. */
export function nextSort(current: Sort | null, field: string): Sort | null {
  if (current?.field !== field) return { field, desc: false }
  return current.desc ? null : { field, desc: true }
}

type Order = { [field: string]: string | Order }

/** The orderBy of the data API; empty values come last either way. */
export function compileSort(sort: Sort | null, object: ObjectMeta, workspace: Workspace): Order[] {
  const field = sort ? fieldOf(object, sort.field) : undefined
  if (!sort || !field || !isSortable(field, workspace)) return []
  const direction = sort.desc ? 'DESC_NULLS_LAST' : 'ASC_NULLS_LAST'
  if (!isLookup(field)) return [{ [field.name]: direction }]
  const target = sortTarget(field, workspace)
  return target ? [{ [field.name]: { [target.name]: direction } }] : []
}
