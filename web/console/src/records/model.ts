import type { PartName } from '../objects/model'

/** An amount as the server writes it, exact: never a float. */
export type Money = { amount: string | null; currency: string | null }

/** The record a lookup refers to, with the value of its title field. */
export type Ref = {
  id: string
  title: string | null
  /** The name of its object, of a polymorphic lookup. */
  object?: string
}

/** The records a manyToMany field links: the first of them, and how many there are. */
export type Links = { links: Ref[]; total: number }

/** A file of a record; what is in it is got from its url. */
export type FileRef = { id: string; name: string; size: number; url: string }

export type Files = { files: FileRef[] }

/** A value of several parts: an address, a person's name, a place. */
export type Composite = { parts: { [part in PartName]?: string } }

export type Value = string | number | boolean | string[] | Money | Ref | Composite | Links | Files | null

/** One record, with the fields that were asked for. */
export type RecordData = {
  id: string
  version: number
  values: Record<string, Value>
}

export type Page = {
  records: RecordData[]
  /** Capped by the server; see isCapped. */
  total: number | null
  hasNext: boolean
  hasPrevious: boolean
  start: string | null
  end: string | null
}

/** The server stops counting here. */
export const countCap = 10_000

export function isMoney(value: Value): value is Money {
  return typeof value === 'object' && value !== null && 'amount' in value
}

export function isComposite(value: Value): value is Composite {
  return typeof value === 'object' && value !== null && 'parts' in value
}

export function isLinks(value: Value): value is Links {
  return typeof value === 'object' && value !== null && 'links' in value
}

export function isFiles(value: Value): value is Files {
  return typeof value === 'object' && value !== null && 'files' in value
}

export function isRef(value: Value): value is Ref {
  return typeof value === 'object' && value !== null && 'id' in value
}
