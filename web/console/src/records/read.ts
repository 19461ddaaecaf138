import { isLookup, parts, titleField } from '../objects/model'
import type { FieldMeta, ObjectMeta, PartName, Workspace } from '../objects/model'
import { isComposite } from './model'
import type { Composite, FileRef, Files, Links, Money, Page, RecordData, Ref, Value } from './model'

/** Turns what the data API answered into records, checking as it goes: the types are known at run time only. */

type Node = Record<string, unknown>

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function text(value: unknown): string | null {
  if (typeof value === 'string') return value
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : null
}

function readMoney(value: unknown): Money | null {
  if (!isNode(value)) return null
  return { amount: text(value['amount']), currency: text(value['currency']) }
}

function readParts(value: unknown, names: readonly PartName[]): Composite | null {
  if (!isNode(value)) return null
  const parts: Composite['parts'] = {}
  for (const name of names) {
    const part = text(value[name])
    if (part !== null && part !== '') parts[name] = part
  }
  return { parts }
}

function readRef(value: unknown, target: ObjectMeta | undefined): Ref | null {
  if (typeof value === 'string') return { id: value, title: null }
  if (!isNode(value) || typeof value['id'] !== 'string') return null
  const title = target && titleField(target)
  return { id: value['id'], title: title ? titleText(value[title.name]) : null }
}

/** What names a record, as text: of a person's name the whole. */
function titleText(value: unknown): string | null {
  return isNode(value) ? text(value['full']) : text(value)
}

/** The record of a polymorphic lookup, without its title when the caller may not see it. */
function readPolymorphic(value: unknown, workspace: Workspace): Ref | null {
  if (!isNode(value) || typeof value['object'] !== 'string' || typeof value['id'] !== 'string') return null
  const name = value['object']
  const named = readRef(value[name], workspace.object(name))
  return { id: value['id'], title: named?.title ?? null, object: name }
}

function readLinks(value: unknown, target: ObjectMeta | undefined): Links | null {
  if (!isNode(value) || !Array.isArray(value['nodes'])) return null
  const links = value['nodes'].map((node) => readRef(node, target)).filter((ref) => ref !== null)
  return { links, total: typeof value['totalCount'] === 'number' ? value['totalCount'] : links.length }
}

function readFiles(value: unknown): Files {
  const nodes = (Array.isArray(value) ? value : [value]).filter(isNode)
  return { files: nodes.map(readFile).filter((file) => file.id !== '') }
}

/** One file, as the data API and an upload answer it. */
export function readFile(value: unknown): FileRef {
  const node = isNode(value) ? value : {}
  return { id: text(node['id']) ?? '', name: text(node['name']) ?? '', size: Number(node['size'] ?? 0), url: text(node['url']) ?? '' }
}

export function readValue(value: unknown, field: FieldMeta, workspace: Workspace): Value {
  if (value === null || value === undefined) return null
  if (field.kind === 'currency') return readMoney(value)
  const several = parts(field)
  if (several) return readParts(value, several)
  if (field.kind === 'json') return JSON.stringify(value, null, 2)
  if (field.kind === 'polymorphic') return readPolymorphic(value, workspace)
  if (field.kind === 'manyToMany') return readLinks(value, workspace.target(field))
  if (field.kind === 'file') return readFiles(value)
  if (Array.isArray(value)) return value.filter((entry) => typeof entry === 'string')
  if (isLookup(field)) return readRef(value, workspace.target(field))
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  return null
}

export function readRecord(node: unknown, fields: FieldMeta[], workspace: Workspace): RecordData | null {
  if (!isNode(node) || typeof node['id'] !== 'string') return null
  const values: Record<string, Value> = {}
  for (const field of fields) values[field.name] = readValue(node[field.name], field, workspace)
  return { id: node['id'], version: Number(node['version'] ?? 0), values }
}

export function readPage(connection: unknown, fields: FieldMeta[], workspace: Workspace): Page {
  const node = isNode(connection) ? connection : {}
  const info = isNode(node['pageInfo']) ? node['pageInfo'] : {}
  const nodes = Array.isArray(node['nodes']) ? node['nodes'] : []
  return {
    records: nodes
      .map((entry) => readRecord(entry, fields, workspace))
      .filter((record): record is RecordData => record !== null),
    total: typeof node['totalCount'] === 'number' ? node['totalCount'] : null,
    hasNext: info['hasNextPage'] === true,
    hasPrevious: info['hasPreviousPage'] === true,
    start: text(info['startCursor']),
    end: text(info['endCursor']),
  }
}

/** The text that names a record: its title, else the start of its id. */
export function titleOf(record: RecordData, object: ObjectMeta): string {
  const field = titleField(object)
  const value = field ? record.values[field.name] : null
  if (value && isComposite(value)) return value.parts.full ?? shortId(record.id)
  return typeof value === 'string' && value !== '' ? value : shortId(record.id)
}

export function shortId(id: string): string {
  return `#${id.slice(-8)}`
}
