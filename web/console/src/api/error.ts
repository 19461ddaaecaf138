/** A problem as the server tells it: in GraphQL's errors, in the errors of a mutation, at sign-in. */
export type Problem = {
  code: string
  message: string
  /** Field names and list positions, outermost first; empty for the request as a whole. */
  path: (string | number)[]
}

/** The codes the console itself treats in a special way. */
export const Code = {
  unauthenticated: 'UNAUTHENTICATED',
  forbidden: 'FORBIDDEN',
  notFound: 'NOT_FOUND',
  invalidInput: 'INVALID_INPUT',
  versionConflict: 'VERSION_CONFLICT',
  rateLimited: 'RATE_LIMITED',
  tooCostly: 'QUERY_TOO_COSTLY',
  timeout: 'TIMEOUT',
  unavailable: 'UNAVAILABLE',
  internal: 'INTERNAL',
  /** The server could not be reached: not a code of the server. */
  offline: 'OFFLINE',
} as const

/** What a request failed with. There is always at least one problem. */
export class ApiError extends Error {
  readonly problems: Problem[]

  constructor(problems: Problem[]) {
    super(problems[0]?.message ?? '')
    this.name = 'ApiError'
    this.problems = problems
  }

  get code(): string {
    return this.problems[0]?.code ?? Code.internal
  }
}

export function codeOf(error: unknown): string {
  return error instanceof ApiError ? error.code : Code.internal
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function readPath(path: unknown): (string | number)[] {
  if (typeof path === 'string') return path === '' ? [] : path.split('.')
  if (!Array.isArray(path)) return []
  return path.filter((part): part is string | number => typeof part === 'string' || typeof part === 'number')
}

/** Reads one entry of an `errors` list, whichever of the server's shapes it has. */
export function readProblem(value: unknown): Problem {
  if (!isRecord(value)) return { code: Code.internal, message: '', path: [] }
  const extensions = isRecord(value['extensions']) ? value['extensions'] : {}
  const code = value['code'] ?? extensions['code']
  return {
    code: typeof code === 'string' ? code : Code.internal,
    message: typeof value['message'] === 'string' ? value['message'] : '',
    // In GraphQL's errors path is a place in the answer; argument is one in the input.
    path: readPath('extensions' in value ? extensions['argument'] : value['path']),
  }
}

/** Reads the `errors` of an answer: empty when there are none. */
export function readProblems(body: unknown): Problem[] {
  if (!isRecord(body) || !Array.isArray(body['errors'])) return []
  return body['errors'].map(readProblem)
}
