import { useLabels } from '../../i18n/use'
import { fieldOf } from '../../objects/model'
import type { ObjectMeta, RelationMeta } from '../../objects/model'
import { writeCondition } from '../filter/url'

/** Two lists of one object, or one of the record's own kind, are told apart by the lookup. */
function isAmbiguous(object: ObjectMeta, relation: RelationMeta): boolean {
  return relation.object === object.name || object.relations.filter((other) => other.object === relation.object).length > 1
}

/** What a related list is called, and by which lookup where that alone would not tell. */
export function useListName(object: ObjectMeta, relation: RelationMeta, listed: ObjectMeta): { name: string; by: string | null } {
  const labels = useLabels()
  const lookup = fieldOf(listed, relation.field)
  return { name: labels.objects(listed), by: lookup && isAmbiguous(object, relation) ? labels.field(lookup) : null }
}

/**
 * How addresses speak of a related list: what a new record of it begins with,
 * null where the caller may make none, and the condition that is the list,
 * null where the lookup cannot be filtered by.
 */
export function addressOf(object: ObjectMeta, id: string, relation: RelationMeta, listed: ObjectMeta): { create: string | null; filter: string | null } {
  const lookup = fieldOf(listed, relation.field)
  const path = lookup?.kind === 'polymorphic' ? [relation.field, object.name] : [relation.field]
  return {
    create: listed.canCreate && lookup?.writable === true ? [...path, id].join(':') : null,
    filter: lookup?.filterable === true ? writeCondition({ path, op: 'in', values: [id] }) : null,
  }
}
