/** An amount as the server writes it, exact: never a float. */
export type Money = { amount: string | null; currency: string | null }

/** The record a lookup refers to, with the value of its title field. */
export type Ref = { id: string; title: string | null }

export type Value = string | number | boolean | Money | Ref | null

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

export function isRef(value: Value): value is Ref {
  return typeof value === 'object' && value !== null && 'id' in value
}
