import { isLookup, parts, titleField } from '../objects/model'
import type { FieldMeta, ObjectMeta, Workspace } from '../objects/model'
import { mutationNames, typeNames } from './names'

/** How many records of a manyToMany field are shown with a record. */
export const linksShown = 100

/** Texts of data API operations, built from metadata. All values travel as variables. */

function selectField(field: FieldMeta, workspace: Workspace): string | null {
  if (field.name === 'id' || field.name === 'version') return null
  if (field.kind === 'currency') return `${field.name} { amount currency }`
  const several = parts(field)
  if (several) return `${field.name} { ${several.join(' ')} }`
  switch (field.kind) {
    case 'polymorphic': {
      const targets = workspace.targets(field).map((target) => `${target.name} { ${selectNamed(target, workspace)} }`)
      return `${field.name} { ${['object', 'id', ...targets].join(' ')} }`
    }
    case 'file':
      return `${field.name} { id name size url }`
    case 'manyToMany': {
      const target = workspace.target(field)
      return target ? `${field.name}(first: ${linksShown}) { totalCount nodes { ${selectNamed(target, workspace)} } }` : null
    }
  }
  if (!isLookup(field)) return field.name
  const target = workspace.target(field)
  return target ? `${field.name} { ${selectNamed(target, workspace)} }` : null
}

/** A record by its id and what names it. A title of another record would lead on and on: its id will do. */
function selectNamed(target: ObjectMeta, workspace: Workspace): string {
  const title = titleField(target)
  const plain = title && !isLookup(title) && title.kind !== 'polymorphic' && title.kind !== 'manyToMany'
  const named = plain ? selectField(title, workspace) : null
  return named ? `id ${named}` : 'id'
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

/** Which related lists of a record have anything in them, all in one: `l0`, `l1` and so on in the order given. */
export function filledQuery(object: ObjectMeta, relations: string[]): string {
  const lists = relations.map((relation, index) => `    l${index}: ${relation}(first: 1) { nodes { id } }`)
  return [`query Filled($id: ID!) {`, `  record: ${object.name}(id: $id) {`, '    id', ...lists, '  }', '}'].join('\n')
}

/** How many records there are of several objects: `c0`, `c1` and so on in the order given. */
export function countsQuery(objects: ObjectMeta[]): string {
  return ['query Counts {', ...objects.map((object, index) => `  c${index}: ${object.plural}(first: 1) { totalCount }`), '}'].join('\n')
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
