import type { TypedDocumentString } from '../gen/admin'
import { ApiError, Code, readProblems } from './error'

const statusCodes: Record<number, string> = {
  401: Code.unauthenticated,
  403: Code.forbidden,
  404: Code.notFound,
  429: Code.rateLimited,
  502: Code.unavailable,
  503: Code.unavailable,
  504: Code.timeout,
}

async function send(url: string, type: string, body: BodyInit, signal?: AbortSignal): Promise<Response> {
  try {
    return await fetch(url, {
      method: 'POST',
      credentials: 'same-origin',
      headers: { 'content-type': type, accept: 'application/json' },
      body,
      signal: signal ?? null,
    })
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw new ApiError([{ code: Code.offline, message: '', path: [] }])
  }
}

async function readBody(response: Response): Promise<unknown> {
  try {
    return (await response.json()) as unknown
  } catch {
    return null
  }
}

/** Posts JSON; throws ApiError unless the answer is a success. */
export async function post(url: string, body: unknown, signal?: AbortSignal): Promise<unknown> {
  return read(await send(url, 'application/json', JSON.stringify(body), signal))
}

/** Posts the content of a file; throws ApiError unless the answer is a success. */
export async function upload(url: string, file: File): Promise<unknown> {
  return read(await send(url, 'application/octet-stream', file))
}

async function read(response: Response): Promise<unknown> {
  const answer = await readBody(response)
  if (response.ok) return answer
  const problems = readProblems(answer)
  const code = statusCodes[response.status] ?? Code.internal
  throw new ApiError(problems.length > 0 ? problems : [{ code, message: '', path: [] }])
}

type Variables = Record<string, unknown>

/**
 * Runs a GraphQL operation. Any error in the answer rejects it as a whole: the
 * console never shows half an answer.
 */
async function run(url: string, query: string, variables: Variables, signal?: AbortSignal): Promise<unknown> {
  const answer = await post(url, { query, variables }, signal)
  const problems = readProblems(answer)
  if (problems.length > 0) throw new ApiError(problems)
  if (typeof answer === 'object' && answer !== null && 'data' in answer && answer.data !== null) return answer.data
  throw new ApiError([{ code: Code.internal, message: '', path: [] }])
}

/** Runs an operation of the admin API, typed by its document. */
export async function admin<TResult, TVariables extends Variables>(
  document: TypedDocumentString<TResult, TVariables>,
  variables: TVariables,
  signal?: AbortSignal,
): Promise<TResult> {
  return (await run('/admin/graphql', document.toString(), variables, signal)) as TResult
}

/**
 * Runs an operation of the data API. Its types are the workspace's own, so the
 * operation is built at run time and the caller says what it asked for.
 */
export async function data<TResult>(query: string, variables: Variables, signal?: AbortSignal): Promise<TResult> {
  return (await run('/graphql', query, variables, signal)) as TResult
}
