import { isDecimal, isLookup, parts } from '../../objects/model'
import type { FieldMeta } from '../../objects/model'
import { isComposite, isFiles, isLinks, isMoney, isRef } from '../model'
import type { Composite, Files, Links, RecordData, Ref, Value } from '../model'
import { formatDuration, parseDuration } from '../value/duration'

/**
 * What stands in a form: texts as typed, amounts with their currency, lookups
 * with the title of what was chosen. Numbers stay text, so nothing is rounded.
 */
export type DraftValue = string | boolean | string[] | { amount: string; currency: string } | Ref | Composite | Links | Files | null

export type Draft = Record<string, DraftValue>

/** What a form cannot send: the field and why. */
export type DraftProblem = { field: string; reason: 'required' | 'number' | 'integer' | 'currency' | 'duration' | 'json' }

export function isDraftMoney(value: DraftValue): value is { amount: string; currency: string } {
  return typeof value === 'object' && value !== null && 'amount' in value
}

export function isDraftParts(value: DraftValue): value is Composite {
  return typeof value === 'object' && value !== null && 'parts' in value
}

export function isDraftRef(value: DraftValue): value is Ref {
  return typeof value === 'object' && value !== null && 'id' in value
}

export function isDraftLinks(value: DraftValue): value is Links {
  return typeof value === 'object' && value !== null && 'links' in value
}

export function isDraftFiles(value: DraftValue): value is Files {
  return typeof value === 'object' && value !== null && 'files' in value
}

/** The fields a form shows inputs for. What the server computes is never writable; a number that it gave stays. */
export function writableFields(fields: FieldMeta[]): FieldMeta[] {
  return fields.filter((field) => field.writable && field.kind !== 'id' && field.kind !== 'principal' && field.kind !== 'autoNumber')
}

/** The fields of a form for a new record: the title first, then what has to be given, then the rest in the object's order. */
export function creatableFields(fields: FieldMeta[], title: string | null): FieldMeta[] {
  const given = fields.filter((field) => field.writable && field.kind !== 'id' && field.kind !== 'principal')
  const rank = (field: FieldMeta) => {
    if (field.name === title && !isGiven(field)) return 0
    return mustBeTyped(field) ? 1 : 2
  }
  return given.toSorted((a, b) => rank(a) - rank(b))
}

/** The server gives it a value where nothing is typed: that of a rule, or the next number. A plain default stands in the form. */
export function isGiven(field: FieldMeta): boolean {
  return field.filled && field.default === null
}

/** A form cannot be sent without it. A box that is not ticked is an answer. */
export function mustBeTyped(field: FieldMeta): boolean {
  return field.required && !field.filled && field.kind !== 'boolean'
}

const noLinks: Links = { links: [], total: 0 }
const noFiles: Files = { files: [] }

function toDraft(value: Value, field: FieldMeta): DraftValue {
  if (field.kind === 'boolean') return value === null ? null : value === true
  if (field.kind === 'currency') {
    if (!isMoney(value)) return { amount: '', currency: '' }
    return { amount: plain(value.amount ?? ''), currency: value.currency ?? '' }
  }
  if (isLookup(field) || field.kind === 'polymorphic') return isRef(value) ? value : null
  if (field.kind === 'manyToMany') return isLinks(value) ? value : noLinks
  if (field.kind === 'file') return isFiles(value) ? value : noFiles
  if (field.kind === 'multiSelect') return Array.isArray(value) ? value : []
  if (parts(field)) return value !== null && isComposite(value) ? value : { parts: {} }
  if (value === null || typeof value === 'object') return ''
  if (field.kind === 'duration') return formatDuration(String(value))
  return isDecimal(field) ? plain(String(value)) : String(value)
}

/** A decimal without zeros that say nothing: 12.50 is 12.5, 12.00 is 12. */
function plain(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

export function draftOf(record: RecordData, fields: FieldMeta[]): Draft {
  return Object.fromEntries(fields.map((field) => [field.name, toDraft(record.values[field.name] ?? null, field)]))
}

/** What the server fills in by itself: the defaults of the object. */
export function emptyDraft(fields: FieldMeta[]): Draft {
  return Object.fromEntries(fields.map((field) => [field.name, defaultOf(field)]))
}

/** What a new form begins with: a box to tick is not ticked, which is an answer where one is required. */
export function newDraft(fields: FieldMeta[]): Draft {
  const open = fields.filter((field) => field.kind === 'boolean' && field.required && field.default === null)
  return { ...emptyDraft(fields), ...Object.fromEntries(open.map((field) => [field.name, false])) }
}

function defaultOf(field: FieldMeta): DraftValue {
  if (field.kind === 'boolean') return field.default === null ? null : field.default === 'true'
  if (field.kind === 'currency') return { amount: '', currency: '' }
  if (isLookup(field) || field.kind === 'polymorphic') return null
  if (field.kind === 'manyToMany') return noLinks
  if (field.kind === 'file') return noFiles
  if (field.kind === 'multiSelect') return (field.default ?? '').split(/[,;]/).map((name) => name.trim()).filter((name) => name !== '')
  if (parts(field)) return { parts: {} }
  if (field.kind === 'duration') return formatDuration(field.default ?? '')
  return field.default ?? ''
}

/** Reads a number as people type it: grouped by commas, spaces or full-width signs. */
export function parseNumber(text: string): string | null {
  const ascii = text.normalize('NFKC').replaceAll(/[\s,'’_]/g, '').replace(/^\+/, '').replace('−', '-')
  if (!/^-?(\d+\.?\d*|\.\d+)$/.test(ascii)) return null
  return ascii.replace(/^(-?)\./, '$10.').replace(/\.$/, '')
}

function sameValue(a: DraftValue, b: DraftValue): boolean {
  if (isDraftMoney(a) && isDraftMoney(b)) {
    if (a.amount.trim() === '' && b.amount.trim() === '') return true
    return a.currency === b.currency && (parseNumber(a.amount) ?? a.amount) === (parseNumber(b.amount) ?? b.amount)
  }
  if (isDraftRef(a) && isDraftRef(b)) return a.id === b.id && a.object === b.object
  if (isDraftLinks(a) && isDraftLinks(b)) return sameIds(a.links, b.links)
  if (isDraftFiles(a) && isDraftFiles(b)) return sameIds(a.files, b.files)
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((name) => b.includes(name))
  if (a !== null && b !== null && isDraftParts(a) && isDraftParts(b)) return JSON.stringify(filled(a)) === JSON.stringify(filled(b))
  return a === b
}

function sameIds(a: { id: string }[], b: { id: string }[]): boolean {
  return a.length === b.length && without(a, b).length === 0
}

/** Those of a that are not in b. */
function without<T extends { id: string }>(a: T[], b: { id: string }[]): T[] {
  const known = new Set(b.map(({ id }) => id))
  return a.filter(({ id }) => !known.has(id))
}

/** What was typed of a value's parts, in a fixed order. */
function filled({ parts: typed }: Composite): [string, string][] {
  return Object.entries(typed)
    .map(([name, part]): [string, string] => [name, part.trim()])
    .filter(([, part]) => part !== '')
    .sort(([a], [b]) => a.localeCompare(b))
}

/** The draft that goes on from another state of the record: what was changed stays, the rest is as it is there. */
export function rebase(draft: Draft, base: Draft, onto: Draft, fields: FieldMeta[]): Draft {
  const mine = changedFields(draft, base, fields).map((field) => [field.name, draft[field.name] ?? null] as const)
  return { ...onto, ...Object.fromEntries(mine) }
}

export function changedFields(draft: Draft, base: Draft, fields: FieldMeta[]): FieldMeta[] {
  return fields.filter((field) => !sameValue(draft[field.name] ?? null, base[field.name] ?? null))
}

export function isEmptyDraft(value: DraftValue): boolean {
  if (value === null) return true
  if (isDraftMoney(value)) return value.amount.trim() === ''
  if (Array.isArray(value)) return value.length === 0
  if (isDraftParts(value)) return filled(value).length === 0
  if (isDraftLinks(value)) return value.links.length === 0
  if (isDraftFiles(value)) return value.files.length === 0
  return typeof value === 'string' && value.trim() === ''
}

/** Links are told by what changed, since only the first of them may be known here. */
function linksInput({ links }: Links, before: DraftValue): Record<string, string[]> {
  const old = before !== null && isDraftLinks(before) ? before.links : []
  const ids = (refs: Ref[]) => refs.map(({ id }) => id)
  return { add: ids(without(links, old)), remove: ids(without(old, links)) }
}

function toInput(value: DraftValue, field: FieldMeta, before: DraftValue): unknown {
  if (value !== null && isDraftLinks(value)) return linksInput(value, before)
  if (isEmptyDraft(value)) return null
  if (typeof value === 'boolean') return value
  if (value !== null && isDraftMoney(value)) {
    return { amount: parseNumber(value.amount), currency: value.currency }
  }
  if (value !== null && isDraftRef(value)) return value.object === undefined ? value.id : { object: value.object, id: value.id }
  if (value !== null && isDraftFiles(value)) {
    const files = value.files.map(({ id }) => ({ id }))
    return field.maxFiles > 1 ? files : files[0]
  }
  if (Array.isArray(value)) return value
  if (value !== null && isDraftParts(value)) return partsInput(value, field)
  const text = value ?? ''
  switch (field.kind) {
    case 'integer':
    case 'rating':
      return Number(parseNumber(text))
    case 'decimal':
    case 'percent':
      return parseNumber(text)
    case 'duration':
      return parseDuration(text)
    case 'json':
      return JSON.parse(text) as unknown
    default:
      return text
  }
}

/** A name that was typed in parts is put together by the server. */
function partsInput(value: Composite, field: FieldMeta): Record<string, string> {
  const typed = Object.fromEntries(filled(value))
  if (field.kind === 'personName' && (typed['family'] !== undefined || typed['given'] !== undefined)) delete typed['full']
  return field.kind === 'geoPoint' ? Object.fromEntries(Object.entries(typed).map(([name, part]) => [name, parseNumber(part) ?? part])) : typed
}

function isJSON(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function problemOf(value: DraftValue, field: FieldMeta): DraftProblem['reason'] | null {
  if (isEmptyDraft(value)) return field.required && !isGiven(field) ? 'required' : null
  if (isDraftMoney(value)) {
    if (parseNumber(value.amount) === null) return 'number'
    return value.currency === '' ? 'currency' : null
  }
  if (value !== null && isDraftParts(value)) return field.kind === 'geoPoint' && placeIsWrong(value) ? 'number' : null
  if (typeof value !== 'string') return null
  if (isDecimal(field)) return parseNumber(value) === null ? 'number' : null
  if (field.kind === 'duration') return parseDuration(value) === null ? 'duration' : null
  if (field.kind === 'json') return isJSON(value) ? null : 'json'
  if (field.kind !== 'integer') return null
  const number = parseNumber(value)
  if (number === null) return 'number'
  return Number.isSafeInteger(Number(number)) && !number.includes('.') ? null : 'integer'
}

function placeIsWrong({ parts: typed }: Composite): boolean {
  return parseNumber(typed.lat ?? '') === null || parseNumber(typed.lng ?? '') === null
}

/** What stands in the way of sending these fields. */
export function checkDraft(draft: Draft, fields: FieldMeta[]): DraftProblem[] {
  return fields.flatMap((field) => {
    const reason = problemOf(draft[field.name] ?? null, field)
    return reason === null ? [] : [{ field: field.name, reason }]
  })
}

/** The input of a mutation: null clears, what is not listed stays as it is. Base is what the draft began as. */
export function inputOf(draft: Draft, fields: FieldMeta[], base: Draft = {}): Record<string, unknown> {
  return Object.fromEntries(fields.map((field) => [field.name, toInput(draft[field.name] ?? null, field, base[field.name] ?? null)]))
}
