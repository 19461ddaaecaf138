import { isLookup, parts, titleField } from '../objects/model'
import type { FieldMeta, ObjectMeta, Workspace } from '../objects/model'
import { mutationNames, typeNames } from './names'

/** Texts of data API operations, built from metadata. All values travel as variables. */

function selectField(field: FieldMeta, workspace: Workspace): string | null {
  if (field.name === 'id' || field.name === 'version') return null
  if (field.kind === 'currency') return `${field.name} { amount currency }`
  const several = parts(field)
  if (several) return `${field.name} { ${several.join(' ')} }`
  if (!isLookup(field)) return field.name
  const target = workspace.target(field)
  if (!target) return null
  const title = titleField(target)
  const named = title && selectField(title, workspace)
  return named ? `${field.name} { id ${named} }` : `${field.name} { id }`
}

/** The selection of a record: id and version always, lookups with the title of what they refer to. */
export function selectRecord(fields: FieldMeta[], workspace: Workspace): string {
  const parts = fields.map((field) => selectField(field, workspace)).filter((part) => part !== null)
  return ['id', 'version', ...parts].join(' ')
}

export function listQuery(object: ObjectMeta, fields: FieldMeta[], workspace: Workspace): string {
  const filter = typeNames.filter(object.name)
  const order = typeNames.order(object.name)
  return [
    `query List($first: Int, $last: Int, $after: String, $before: String, $filter: ${filter}, $orderBy: [${order}!]) {`,
    `  list: ${object.plural}(first: $first, last: $last, after: $after, before: $before, filter: $filter, orderBy: $orderBy) {`,
    `    totalCount nodes { ${selectRecord(fields, workspace)} }`,
    '    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }',
    '  }',
    '}',
  ].join('\n')
}

export function recordQuery(object: ObjectMeta, fields: FieldMeta[], workspace: Workspace): string {
  return `query Record($id: ID!) {\n  record: ${object.name}(id: $id) { ${selectRecord(fields, workspace)} }\n}`
}

/** One related list: a to-many relation of a record, with the fields shown. */
export function relatedQuery(object: ObjectMeta, relation: string, fields: FieldMeta[], workspace: Workspace): string {
  return [
    'query Related($id: ID!, $first: Int) {',
    `  record: ${object.name}(id: $id) {`,
    `    id list: ${relation}(first: $first) { totalCount nodes { ${selectRecord(fields, workspace)} } }`,
    '  }',
    '}',
  ].join('\n')
}

const outcome = 'id errors { code path message }'

export function createMutation(object: ObjectMeta): string {
  const input = typeNames.createInput(object.name)
  return `mutation Create($input: ${input}!) {\n  result: ${mutationNames.create(object.name)}(input: $input) { ${outcome} }\n}`
}

export function updateMutation(object: ObjectMeta): string {
  const input = typeNames.updateInput(object.name)
  return [
    `mutation Update($id: ID!, $ifVersion: Long, $input: ${input}!) {`,
    `  result: ${mutationNames.update(object.name)}(id: $id, ifVersion: $ifVersion, input: $input) { ${outcome} }`,
    '}',
  ].join('\n')
}

export function deleteMutation(object: ObjectMeta): string {
  return `mutation Delete($id: ID!, $ifVersion: Long) {\n  result: ${mutationNames.remove(object.name)}(id: $id, ifVersion: $ifVersion) { ${outcome} }\n}`
}

export function restoreMutation(object: ObjectMeta): string {
  return `mutation Restore($id: ID!) {\n  result: ${mutationNames.restore(object.name)}(id: $id) { ${outcome} }\n}`
}
