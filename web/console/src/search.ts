/** Search parameters as plain repeated text: `?f=a&f=b`, easy to read and to share. */

export type RawSearch = Record<string, string | string[]>

export function parseSearch(text: string): RawSearch {
  const raw: RawSearch = {}
  for (const [key, value] of new URLSearchParams(text)) {
    const before = raw[key]
    if (before === undefined) raw[key] = value
    else raw[key] = Array.isArray(before) ? [...before, value] : [before, value]
  }
  return raw
}

export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams()
  for (const [key, value] of Object.entries(search)) {
    for (const item of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (item !== undefined && item !== null && item !== '') params.append(key, String(item))
    }
  }
  // These are legal in a query and far easier to read as they are.
  const text = params.toString().replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%2F', '/')
  return text === '' ? '' : `?${text}`
}

export function one(value: unknown): string | undefined {
  const first: unknown = Array.isArray(value) ? value[0] : value
  if (typeof first === 'number') return String(first)
  return typeof first === 'string' && first !== '' ? first : undefined
}

export function many(value: unknown): string[] {
  if (Array.isArray(value)) return value.filter((item): item is string => typeof item === 'string')
  return typeof value === 'string' && value !== '' ? [value] : []
}
