import { many, one } from '../../search'

/** What a list shows, in its address. */
export type ListSearch = {
  f?: string[] | undefined
  sort?: string | undefined
  size?: number | undefined
  after?: string | undefined
  before?: string | undefined
  page?: number | undefined
}

export const pageSizes = [25, 50, 100, 200] as const
export const defaultSize = 50

/** More conditions than anyone reads are cut off. */
const maxConditions = 20

function count(value: unknown): number | undefined {
  const number = Number(one(value))
  return Number.isSafeInteger(number) && number > 0 ? number : undefined
}

export function readListSearch(raw: Record<string, unknown>): ListSearch {
  const size = count(raw['size'])
  const page = count(raw['page'])
  const f = many(raw['f']).slice(0, maxConditions)
  const after = one(raw['after'])
  const before = after === undefined ? one(raw['before']) : undefined
  const paged = after !== undefined || before !== undefined
  return {
    f: f.length > 0 ? f : undefined,
    sort: one(raw['sort']),
    size: pageSizes.find((known) => known === size),
    after,
    before,
    page: paged ? (page ?? 2) : undefined,
  }
}

/** The first page of the same list: cursors belong to one filter and order. */
export function firstPage(search: ListSearch): ListSearch {
  return { ...search, after: undefined, before: undefined, page: undefined }
}
