import { keepPreviousData, queryOptions } from '@tanstack/react-query'
import { data, upload } from '../api/client'
import { ApiError, readProblems } from '../api/error'
import { titleField } from '../objects/model'
import type { FieldMeta, ObjectMeta, RelationMeta, Workspace } from '../objects/model'
import { compileFilter } from './filter/compile'
import type { Filter } from './filter/compile'
import { readConditions } from './filter/url'
import { defaultSize } from './list/search'
import type { ListSearch } from './list/search'
import type { FileRef } from './model'
import { readFile, readPage, readRecord } from './read'
import {
  createMutation,
  countsQuery,
  deleteMutation,
  filledQuery,
  listQuery,
  recordQuery,
  relatedQuery,
  restoreMutation,
  updateMutation,
} from './selection'
import { compileSort, readSort } from './sort'

/** Everything under this key is out of date after a write. */
export const recordsKey = ['records'] as const

function pageVariables(search: ListSearch): Record<string, unknown> {
  const size = search.size ?? defaultSize
  if (search.before !== undefined) return { last: size, before: search.before }
  return search.after === undefined ? { first: size } : { first: size, after: search.after }
}

export function listOptions(object: ObjectMeta, fields: FieldMeta[], search: ListSearch, workspace: Workspace) {
  const query = listQuery(object, fields, workspace)
  return queryOptions({
    queryKey: [...recordsKey, object.name, 'list', query, search],
    queryFn: async ({ signal }) => {
      const filter = compileFilter(readConditions(search.f ?? []), object, { workspace, now: new Date() })
      const orderBy = compileSort(readSort(search.sort), object, workspace)
      const answer = await data<{ list: unknown }>(
        query,
        { ...pageVariables(search), filter, orderBy: orderBy.length > 0 ? orderBy : undefined },
        signal,
      )
      return readPage(answer.list, fields, workspace)
    },
    placeholderData: keepPreviousData,
  })
}

/** The record, or null when it is not there or not allowed. */
export function recordOptions(object: ObjectMeta, fields: FieldMeta[], id: string, workspace: Workspace) {
  const query = recordQuery(object, fields, workspace)
  return queryOptions({
    queryKey: [...recordsKey, object.name, 'one', id, query],
    queryFn: async ({ signal }) => {
      const answer = await data<{ record: unknown }>(query, { id }, signal)
      return readRecord(answer.record, fields, workspace)
    },
  })
}

export const relatedSize = 10

export function relatedOptions(
  object: ObjectMeta,
  id: string,
  relation: RelationMeta,
  fields: FieldMeta[],
  workspace: Workspace,
) {
  const query = relatedQuery(object, relation.name, fields, workspace)
  return queryOptions({
    queryKey: [...recordsKey, object.name, 'related', id, query],
    queryFn: async ({ signal }) => {
      const answer = await data<{ record: { list?: unknown } | null }>(query, { id, first: relatedSize }, signal)
      return readPage(answer.record?.list, fields, workspace)
    },
  })
}

/** Records whose title has the text in it, for lookups: 20 at most. */
export function searchOptions(object: ObjectMeta, text: string, workspace: Workspace) {
  const title = titleField(object)
  const fields = title ? [title] : []
  const query = listQuery(object, fields, workspace)
  return queryOptions({
    queryKey: [...recordsKey, object.name, 'search', query, text],
    queryFn: async ({ signal }) => {
      const filter: Filter | undefined = title && text !== '' ? { [title.name]: { iContains: text } } : undefined
      const orderBy = title?.filterable ? [{ [title.name]: 'ASC' }] : undefined
      const answer = await data<{ list: unknown }>(query, { first: 20, filter, orderBy }, signal)
      return readPage(answer.list, fields, workspace)
    },
    placeholderData: keepPreviousData,
  })
}

/** Titles of a few records by id, for the chips of a filter. */
export function titlesOptions(object: ObjectMeta, ids: string[], workspace: Workspace) {
  const title = titleField(object)
  const fields = title ? [title] : []
  const query = listQuery(object, fields, workspace)
  return queryOptions({
    queryKey: [...recordsKey, object.name, 'titles', query, ids],
    queryFn: async ({ signal }) => {
      const answer = await data<{ list: unknown }>(query, { first: 100, filter: { id: { in: ids } } }, signal)
      return readPage(answer.list, fields, workspace).records
    },
    enabled: ids.length > 0,
    staleTime: 60_000,
  })
}

/** How many lists are asked about in one request: the server takes 50 at most. */
const together = 25

function inGroups<T>(all: T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / together) }, (_, index) => all.slice(index * together, (index + 1) * together))
}

/** How many records the caller sees of several objects, by name. */
export function countsOptions(objects: ObjectMeta[]) {
  return queryOptions({
    queryKey: [...recordsKey, 'counts', objects.map((object) => object.name)],
    queryFn: async ({ signal }) => {
      const answers = await Promise.all(
        inGroups(objects).map(async (group) => {
          const answer = await data<Record<string, { totalCount: number | null } | null>>(countsQuery(group), {}, signal)
          return group.map((object, index) => [object.name, answer[`c${index}`]?.totalCount ?? null] as const)
        }),
      )
      return new Map(answers.flat())
    },
    staleTime: 60_000,
  })
}

/** The names of the relations of a record that have anything in them. */
export function filledOptions(object: ObjectMeta, id: string, relations: string[]) {
  return queryOptions({
    queryKey: [...recordsKey, object.name, 'filled', id, relations],
    queryFn: async ({ signal }) => {
      const answers = await Promise.all(
        inGroups(relations).map(async (group) => {
          type Answer = { record: Record<string, { nodes: unknown[] | null } | null> | null }
          const { record } = await data<Answer>(filledQuery(object, group), { id }, signal)
          return group.filter((_, index) => (record?.[`l${index}`]?.nodes?.length ?? 0) > 0)
        }),
      )
      return answers.flat()
    },
  })
}

type Payload = { result: { id: string | null; errors: unknown[] } | null }

async function write(query: string, variables: Record<string, unknown>): Promise<string | null> {
  const { result } = await data<Payload>(query, variables)
  const problems = readProblems(result)
  if (problems.length > 0) throw new ApiError(problems)
  return result?.id ?? null
}

/** Uploads a file; a record gets it by its id. */
export async function uploadFile(file: File): Promise<FileRef> {
  return readFile(await upload(`/files?name=${encodeURIComponent(file.name)}`, file))
}

/** The id of the new record. */
export async function createRecord(object: ObjectMeta, input: Record<string, unknown>): Promise<string | null> {
  return write(createMutation(object), { input })
}

export async function updateRecord(
  object: ObjectMeta,
  id: string,
  ifVersion: number,
  input: Record<string, unknown>,
): Promise<void> {
  await write(updateMutation(object), { id, ifVersion, input })
}

export async function deleteRecord(object: ObjectMeta, id: string, ifVersion: number): Promise<void> {
  await write(deleteMutation(object), { id, ifVersion })
}

export async function restoreRecord(object: ObjectMeta, id: string): Promise<void> {
  await write(restoreMutation(object), { id })
}
